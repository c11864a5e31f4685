/* SPDX-License-Identifier: GPL-3.0-or-later */
/* monitor event-trace flexvpn …: what a person does with the trace. `dump` writes the records as
 * they are, for `spokesh --trace PAGE --from FILE`; `dump pretty` the text. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cli/files.h"
#include "cli/session_int.h"
#include "flexvpn/core.h"
#include "flexvpn/trace_text.h"
#include "grammar/gen/exec.h"

static bool write_text(struct exec *e, const struct file_ref *f, char *why, size_t n)
{
	struct out o;

	out_init(&o, OUT_TEXT);
	fx_trace_show(&e->fx->trace, 0, &o);
	bool ok = file_write(e->session->sh, f, out_str_so_far(&o), false, why, n);

	out_fini(&o);
	return ok;
}

static bool write_records(struct exec *e, const struct file_ref *f, char *why, size_t n)
{
	char path[PATH_MAX];

	if (!file_path(e->session->sh, f, path, sizeof(path), why, n))
		return false;
	if (trace_copy(&e->fx->trace, path))
		return true;
	snprintf(why, n, "%s", strerror(errno));
	return false;
}

static void dump(struct exec *e, bool pretty)
{
	const char *url = e->fx->cfg->g.event_trace_dump;
	struct file_ref f = file_named(url ? url : FX_TRACE_DUMP);
	char why[200], name[FILE_NAME_MAX + 8];

	if (pretty ? write_text(e, &f, why, sizeof(why)) : write_records(e, &f, why, sizeof(why)))
		return;
	out_text(e->o, "%%Error opening %s (%s)\n", file_text(&f, name), why);
	e->failed = true;
}

void exec_monitor_event_trace_flexvpn(
        struct exec *e, const struct gl_exec_monitor_event_trace_flexvpn *a)
{
	struct trace *t = &e->fx->trace;

	if (a->kw_dump) {
		dump(e, a->kw_pretty);
		return;
	}
	if (a->kw_size) {
		trace_resize(t, a->entries);
		return;
	}
	if (a->kw_clear || a->kw_one_shot)
		trace_clear(t);
	if (a->kw_enable || a->kw_disable || a->kw_one_shot) {
		t->one_shot = a->kw_one_shot;
		t->enabled = !a->kw_disable;
	}
}
