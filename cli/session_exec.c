/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands of a terminal: match, call the handler, filter what it printed. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/out.h"
#include "cli/alias.h"
#include "cli/filter.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

/* The commands whose output may be filtered. */
static const char *const filtered[] = {"show ", "more ", "dir"};

static bool may_filter(const char *canon)
{
	for (size_t i = 0; i < ARRAY_LEN(filtered); i++)
		if (strncmp(canon, filtered[i], strlen(filtered[i])) == 0)
			return true;
	return false;
}

/* A single word that is no command: IOS takes it for a host to call. Names are never looked up
 * here, so the answer is at once. */
static bool called_a_host(struct session *s, const struct gr_diag *d, const char *line, size_t at)
{
	const char *word = line + at + strspn(line + at, " \t");
	size_t n = strcspn(word, " \t");

	if (s->ed || d->status != GR_INVALID || word[n + strspn(word + n, " \t")] ||
	        !strchr("abcdefghijklmnopqrstuvwxyz", *word | 0x20))
		return false;
	if (s->kind == PROTO_SCRIPT)
		session_printf(s, "line %u: %s\n", s->line_no, line);
	session_printf(s,
	        "Translating \"%.*s\"\n\n%% Unknown command or computer name, or unable to find "
	        "computer address\n\n",
	        (int)n, word);
	s->failed = true;
	return true;
}

/* Runs a matched command; its output is in `o`. */
static void call(struct session *s, int line, const char *canon, struct out *o)
{
	struct exec x = {.r = s->sh->router, .fx = router_fx(s->sh->router), .o = o, .session = s};
	struct arena a;
	void *args;

	arena_init(&a);
	args = arena_alloc(&a, gr_decode_size(line) + 1);
	if (gr_decode(line, canon, &a, args, gr_decode_size(line)))
		gr_exec_table[line](&x, args);
	else
		x.failed = true;
	s->failed |= x.failed;
	arena_fini(&a);
}

/* True: the terminal is to have the output too. */
static bool into_file(struct session *s, const struct filter *f, const struct strbuf *text)
{
	bool append, tee;
	const char *url = f ? filter_file(f, &append, &tee) : NULL;
	char why[200] = "Invalid file name";

	if (!url)
		return true;
	struct file_ref to = file_named(url);

	if (to.kind == FILE_FLASH && file_write(s->sh, &to, sb_str(text), append, why, sizeof(why)))
		return tee;
	session_printf(s, "%%Error opening %s (%s)\n", url, why);
	s->failed = true;
	return false;
}

static void print_filtered(struct session *s, const struct filter *f, const struct out *o)
{
	struct strbuf text = {0};

	if (f)
		filter_run(f, out_str_so_far(o), &text);
	else
		sb_puts(&text, out_str_so_far(o));
	if (f && filter_json(f) && !text.len) {
		sb_puts(&text, "% Invalid filter: this command has no JSON form\n");
		s->failed = true;
	}
	if (into_file(s, f, &text))
		session_print(s, sb_str(&text), text.len);
	sb_fini(&text);
}

/* What the command sees of the configuration must be in force: a script's lines in front of it are
 * acted on now. */
static void run(struct session *s, int id, const char *canon, const struct filter *f)
{
	struct out o;

	router_settle(s->sh->router);
	if (s->stamped && strncmp(canon, "show ", 5) == 0 && !(f && filter_json(f)))
		machine_stamp(s);
	out_init(&o, f && filter_json(f) ? OUT_JSON : OUT_TEXT);
	call(s, id, canon, &o);
	print_filtered(s, f, &o);
	out_fini(&o);
}

bool session_exec_into(struct session *s, const char *line, struct out *o)
{
	struct strbuf canon = {0};
	int id = GR_NONE;
	bool ok = gr_match_exec(line, s->priv, &id, &canon).status == GR_OK;

	if (ok)
		call(s, id, sb_str(&canon), o);
	sb_fini(&canon);
	return ok;
}

/* The command of `line` from `at` on, as it is to be matched. True: it is one, with its filter. */
static bool matched(struct session *s, const char *line, size_t at, int *id, struct strbuf *canon,
        struct filter **f, struct gr_diag *d)
{
	const char *bar = strchr(line + at, '|');
	char *cmd = bar ? xstrndup(line + at, (size_t)(bar - line) - at) : xstrdup(line + at);

	*d = gr_match_exec(cmd, s->priv, id, canon);
	free(cmd);
	if (bar && (d->status == GR_EMPTY || (d->status == GR_OK && !may_filter(sb_str(canon)))))
		*d = (struct gr_diag){.status = GR_INVALID, .caret = (size_t)(bar - line) - at};
	if (s->ed && d->status == GR_EMPTY)
		d->status = GR_INCOMPLETE;
	d->caret += at;
	if (d->status == GR_OK && bar)
		*f = filter_new(line, (size_t)(bar - line) + 1, d);
	return d->status == GR_OK;
}

void session_exec(struct session *s, const char *line, size_t at)
{
	struct expanded e = alias_expand(s, line, at, false);
	struct strbuf canon = {0};
	struct filter *f = NULL;
	int id = GR_NONE;
	struct gr_diag d;

	if (matched(s, e.text ? e.text : line, at, &id, &canon, &f, &d)) {
		run(s, id, sb_str(&canon), f);
	} else if (d.status != GR_EMPTY && (e.text || !called_a_host(s, &d, line, at))) {
		d.caret = alias_offset(&e, d.caret);
		session_refuse(s, &d, line, 0);
	}
	filter_free(f);
	sb_fini(&canon);
	free(e.text);
}
