/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of failed negotiations, and its show command: exec-and-cli reference B3. */
#include "flexvpn/failures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"

struct failure {
	uint64_t when; /* wall clock, ms */
	unsigned code;
	char client[40], peer[IPADDR_STRLEN], why[120];
};

/* The oldest makes room; `deleted` counts those that did. */
struct fx_failures {
	struct failure *v;
	size_t n, max;
	uint64_t deleted;
};

struct fx_failures *fx_failures_new(void)
{
	return xcalloc(1, sizeof(struct fx_failures));
}

void fx_failures_free(struct fx_failures *f)
{
	if (!f)
		return;
	free(f->v);
	free(f);
}

static void drop_oldest(struct fx_failures *f, size_t n)
{
	memmove(f->v, f->v + n, (f->n - n) * sizeof(*f->v));
	f->n -= n;
	f->deleted += n;
}

void fx_failures_configure(struct fx *x)
{
	struct fx_failures *f = x->failures;
	size_t max = x->cfg->g.diagnose;

	if (max == f->max)
		return;
	if (f->n > max)
		drop_oldest(f, f->n - max);
	f->max = max;
	f->v = xrealloc(f->v, (max ? max : 1) * sizeof(*f->v));
	if (!max)
		f->deleted = 0;
}

void fx_failure(struct fx *x, const struct fx_client *c, unsigned code, const char *why)
{
	struct fx_failures *f = x->failures;
	struct failure *e;

	if (!f->max)
		return;
	if (f->n == f->max)
		drop_oldest(f, 1);
	e = &f->v[f->n++];
	*e = (struct failure){.when = wall_ms(), .code = code};
	snprintf(e->client, sizeof(e->client), "%s", c->name);
	snprintf(e->why, sizeof(e->why), "%s", why);
	ipaddr_fmt(&c->peer, e->peer);
}

static void one(struct exec *e, const struct failure *f)
{
	char when[40];

	out_obj(e->o, NULL);
	out_field_int(e->o, "code", "\nError(%lld): ", f->code);
	out_field_str(e->o, "error", "%s\n", f->why);
	out_field_str(e->o, "time", "  %s: ", log_time_fmt(f->when, true, when));
	out_field_str(e->o, "client", "FlexVPN(%s) ", f->client);
	out_field_str(e->o, "peer", "peer %s\n", f->peer);
	out_obj_end(e->o);
}

void exec_show_crypto_ikev2_diagnose_error(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_diagnose_error *a)
{
	const struct fx_failures *f = e->fx->failures;
	size_t first = a->has_entries && a->entries < f->n ? f->n - a->entries : 0;

	out_obj(e->o, NULL);
	out_field_str(
	        e->o, "status", "Exit Path Table - status: %s, ", f->max ? "enable" : "disable");
	out_field_int(e->o, "entries", "current entry %lld, ", (int64_t)f->n);
	out_field_int(e->o, "deleted", "deleted %lld, ", (int64_t)f->deleted);
	out_field_int(e->o, "max", "max allow %lld\n", (int64_t)f->max);
	out_list(e->o, "errors");
	for (size_t i = first; i < f->n; i++)
		one(e, &f->v[i]);
	out_list_end(e->o);
	out_obj_end(e->o);
}
