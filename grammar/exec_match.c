/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC lines, and the typed values of any canonical line. */
#include <stdlib.h>
#include <string.h>

#include "grammar/match.h"

static bool comment(const char *s)
{
	s += strspn(s, " \t\r\n");
	return !*s || *s == '!';
}

struct gr_diag gr_match_exec(const char *text, uint8_t priv, int *line, struct strbuf *canon)
{
	struct gr_diag d = {.status = GR_EMPTY};
	struct gr_run r;
	struct gr_path p;
	size_t fail = 0;

	*line = GR_NONE;
	if (comment(text))
		return d;
	gr_split(&r, text);
	d.status = gr_match_from(&r, gr_tab.exec, priv, 0, &fail, &d.caret, &p);
	if (d.status != GR_OK)
		return d;
	*line = gr_tab.line[p.line].primary;
	if (!gr_rewrite(&p, canon))
		gr_canon(&p, canon);
	return d;
}

/* ---- values -------------------------------------------------------------------------------- */

size_t gr_decode_size(int line)
{
	return gr_tab.line[line].size;
}

static size_t value_size(enum gr_ctype t)
{
	static const size_t sizes[] = {
	        [GR_C_KW] = sizeof(bool),
	        [GR_C_STR] = sizeof(const char *),
	        [GR_C_U32] = sizeof(uint32_t),
	        [GR_C_U64] = sizeof(uint64_t),
	        [GR_C_IP] = sizeof(struct ipaddr),
	        [GR_C_PREFIX] = sizeof(struct prefix),
	};

	return sizes[t];
}

static void put_value(enum gr_ctype t, const char *s, struct arena *a, void *at)
{
	switch (t) {
	case GR_C_KW:
		*(bool *)at = true;
		break;
	case GR_C_STR:
		*(const char **)at = arena_strdup(a, s);
		break;
	case GR_C_U32:
		*(uint32_t *)at = (uint32_t)strtoul(s, NULL, 10);
		break;
	case GR_C_U64:
		*(uint64_t *)at = strtoull(s, NULL, 10);
		break;
	case GR_C_IP:
		ipaddr_parse(s, at);
		break;
	case GR_C_PREFIX:
		prefix_parse(s, at);
		break;
	}
}

/* A list grows by doubling in the arena. */
static void *list_slot(const struct gr_field *f, struct arena *a, char *out)
{
	size_t *n = (size_t *)(void *)(out + f->count), size = value_size(f->ctype);
	char **v = (char **)(void *)(out + f->val);

	if ((*n & (*n - 1)) == 0) {
		char *fresh = arena_alloc(a, (*n ? 2 * *n : 1) * size);

		if (*n)
			memcpy(fresh, *v, *n * size);
		*v = fresh;
	}
	return *v + (*n)++ * size;
}

static void put_step(const struct gr_path *p, size_t i, const struct gr_line *l, struct arena *a,
        char *out, struct strbuf *tmp)
{
	const struct gr_pos *pos = gr_pos_at(p->step[i].pos);
	size_t n;
	const char *s;

	if (!pos->line || pos->field == GR_NOFIELD)
		return;
	const struct gr_field *f = &l->field[pos->field];

	if (f->ctype == GR_C_KW) {
		put_value(GR_C_KW, NULL, a, out + f->val);
		return;
	}
	sb_clear(tmp);
	s = gr_step_text(p, i, &n);
	if (pos->type == GR_T_KW)
		sb_puts(tmp, pos->word);
	else
		gr_type_canon(pos, s, n, tmp);
	*(bool *)(out + f->has) = true;
	put_value(f->ctype, sb_str(tmp), a, f->list ? list_slot(f, a, out) : out + f->val);
}

/* The thread that says most about the line, for a text that ends before it is complete. */
static int partial_thread(const struct gr_run *r, int line)
{
	for (int t = r->head[r->ntok]; t >= 0; t = r->th[t].next) {
		const struct gr_pos *p = gr_pos_at(r->th[t].pos);

		if (p->line == line || (!p->line && r->th[t].pos == gr_tab.line[line].lead))
			return t;
	}
	return -1;
}

bool gr_decode(int line, const char *canon, struct arena *a, void *out, size_t size)
{
	const struct gr_line *l = &gr_tab.line[line];
	bool negated = strncmp(canon, "no ", 3) == 0 && l->info.mode != gr_tab.exec;
	struct strbuf tmp = {0};
	struct gr_run r;
	struct gr_path p;
	size_t fail, caret;

	memset(out, 0, size);
	if (size < l->size)
		return false;
	gr_split(&r, negated ? canon + 3 : canon);
	gr_begin(&r, l->info.mode, 15, 0);
	if (gr_walk(&r, 0, r.ntok, &fail, &caret) != GR_OK)
		return false;
	int t = gr_accepting(&r, r.ntok, line);

	if (t < 0 && negated)
		t = partial_thread(&r, line);
	if (t < 0)
		return false;
	gr_path_of(&r, t, &p);
	for (size_t i = 0; i < p.n; i++)
		put_step(&p, i, l, a, out, &tmp);
	sb_fini(&tmp);
	return true;
}
