/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FRR as a back end: see frr.h. A round asks for FRR's configuration, and sends what differs, until
 * nothing does:
 *
 *   IDLE ── changed, or time to look ──▶ LOOKING ── difference ──▶ TELLING ──▶ LOOKING …
 *                                            └──── none ────▶ IDLE
 *
 * Without a routing protocol in the configuration, and nothing to take back, vtysh never runs.
 */
#include "flexvpn/frr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "flexvpn/core.h"
#include "net/dnsmasq.h"

enum {
	LOOK_MS = 30000, /* between looks when all is well */
	RETRY_MS = 5000, /* when FRR does not run */
	ANSWER_MS = 20000,
	SHOW_MS = 1000,
	PARTING_MS = 5000,
	DISTANCE_NEVER = 255, /* of a route that only stands in for a better one */
	MAX_ROUNDS = 4,       /* of one change: what FRR keeps losing waits for the next look */
};

enum state { IDLE, LOOKING, TELLING };

struct fx_frr {
	enum state state;
	struct frr_conf wanted, applied;
	struct frr_change change; /* TELLING */
	uint64_t look_at, asked_at;
	unsigned rounds;
	bool again; /* the configuration changed while a question was under way */
	char why[200], logged[200];
	char *file;          /* where applied lines are noted; NULL: nowhere */
	bool statics;        /* static routes are redistributed: */
	uint64_t generation; /* of these */
};

static bool can(const struct fx *x)
{
	return x->b.frr.ask != NULL;
}

/* ---- what was applied, across processes ---------------------------------------------------------
 */

static void note_line(struct strbuf *out, const struct frr_line *l)
{
	for (const char *p = l->ctx; *p; p++)
		sb_putc(out, *p == '\n' ? '|' : *p);
	if (l->secret)
		sb_printf(out, "\t%u\t%.*s\n", l->key, (int)l->key, l->text);
	else
		sb_printf(out, "\t%u\t%s\n", l->key, l->text);
}

/* Before anything is told: both what stands and what may stand afterwards. Passwords stay out. */
static void note(const struct fx_frr *f)
{
	struct strbuf text = {0};
	int rc;

	if (!f->file)
		return;
	for (size_t i = 0; i < f->applied.n; i++)
		note_line(&text, &f->applied.v[i]);
	for (size_t i = 0; i < f->wanted.n; i++)
		if (!frr_conf_find(&f->applied, f->wanted.v[i].ctx, f->wanted.v[i].text))
			note_line(&text, &f->wanted.v[i]);
	if (text.len)
		rc = dnsmasq_write(f->file, sb_str(&text));
	else
		rc = unlink(f->file) < 0 ? 0 : 1;
	if (rc < 0)
		log_msg(PLATFORM_OPERATION_FAILED, f->file, strerror(-rc));
	sb_fini(&text);
}

static void recall_line(struct fx_frr *f, char *line)
{
	char *ctx = line, *key = strchr(line, '\t'), *text;

	if (!key)
		return;
	*key++ = '\0';
	text = strchr(key, '\t');
	if (!text)
		return;
	*text++ = '\0';
	for (char *p = ctx; *p; p++)
		if (*p == '|')
			*p = '\n';
	frr_conf_add(&f->applied, ctx, text, strtoul(key, NULL, 10), false);
}

static void recall(struct fx_frr *f)
{
	FILE *in = f->file ? fopen(f->file, "re") : NULL;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!in)
		return;
	while ((n = getline(&line, &cap, in)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		recall_line(f, line);
	}
	free(line);
	fclose(in);
}

struct fx_frr *fx_frr_new(const struct fx *x)
{
	struct fx_frr *f = xcalloc(1, sizeof(*f));
	struct strbuf path = {0};

	f->look_at = UINT64_MAX;
	if (x->b.state_dir && can(x)) {
		sb_printf(&path, "%s/frr.applied", x->b.state_dir);
		f->file = sb_take(&path);
		recall(f);
	}
	return f;
}

/* ---- whether FRR is there -----------------------------------------------------------------------
 */

static void unavailable(struct fx *x, const char *why)
{
	struct fx_frr *f = x->frr;

	snprintf(f->why, sizeof(f->why), "%.*s", (int)strcspn(why, "\n"), why);
	if (strcmp(f->why, f->logged) != 0)
		log_msg(ROUTING_UNAVAILABLE, f->why);
	snprintf(f->logged, sizeof(f->logged), "%s", f->why);
	f->state = IDLE;
	f->look_at = x->now + RETRY_MS;
}

static void available(struct fx_frr *f)
{
	if (f->logged[0])
		log_msg(ROUTING_AVAILABLE);
	f->why[0] = f->logged[0] = '\0';
}

/* ---- rounds -------------------------------------------------------------------------------------
 */

static void ask(struct fx *x, enum state state, enum frr_what what, const char *text)
{
	x->frr->state = state;
	x->frr->asked_at = x->now;
	x->b.frr.ask(x->b.frr.ctx, what, text);
}

static void look(struct fx *x)
{
	ask(x, LOOKING, FRR_SHOW, "show running-config");
}

static void rest(struct fx *x)
{
	struct fx_frr *f = x->frr;

	f->state = IDLE;
	f->rounds = 0;
	f->look_at = f->wanted.n || f->applied.n ? x->now + LOOK_MS : UINT64_MAX;
	note(f);
}

/* A daemon that does not run takes its lines in silence: a block that was sent and is not there. */
static const struct frr_line *unheard(const struct fx_frr *f, const struct frr_conf *have)
{
	for (size_t i = 0; i < f->applied.n; i++) {
		const struct frr_line *l = &f->applied.v[i];

		if (l->sent && !*l->text && !l->refused && strncmp(l->ctx, "router ", 7) == 0 &&
		        !strchr(l->ctx, '\n') && !frr_conf_has_block(have, l->ctx))
			return l;
	}
	return NULL;
}

static void mark_seen(struct fx_frr *f, const struct frr_conf *have)
{
	for (size_t i = 0; i < f->applied.n; i++)
		f->applied.v[i].seen |=
		        frr_conf_find(have, f->applied.v[i].ctx, f->applied.v[i].text) != NULL;
}

static void no_daemon(struct fx *x, const struct frr_line *l)
{
	char why[200];

	snprintf(why, sizeof(why), "FRR runs, but no daemon of it for `%s`", l->ctx);
	unavailable(x, why);
}

static void looked(struct fx *x, const char *text)
{
	struct fx_frr *f = x->frr;
	struct frr_conf have = {0};
	const struct frr_line *l;

	frr_conf_read(text, &have);
	mark_seen(f, &have);
	l = f->rounds ? unheard(f, &have) : NULL;
	frr_change_fini(&f->change);
	frr_diff(&f->applied, &f->wanted, &have, &f->change);
	frr_conf_fini(&have);
	if (l) {
		f->rounds = 0;
		no_daemon(x, l);
		return;
	}
	available(f);
	if (!f->change.text.len || f->rounds++ >= MAX_ROUNDS) {
		frr_change_fini(&f->change);
		rest(x);
		return;
	}
	note(f);
	ask(x, TELLING, FRR_CONFIGURE, sb_str(&f->change.text));
}

/* "line 7: % Unknown command[25]: …": our seventh line. The text behind it may hold a password, so
 * it is not repeated. */
static void refused_line(struct fx_frr *f, const char *at)
{
	unsigned long n = strtoul(at, NULL, 10);
	struct frr_line *l = n && n <= f->change.n ? f->change.from[n - 1] : NULL;

	if (!l || l->refused)
		return;
	l->refused = true;
	if (l->secret)
		log_msg(ROUTING_REFUSED, (int)l->key, l->text);
	else
		log_msg(ROUTING_REFUSED, (int)strlen(l->text), *l->text ? l->text : l->ctx);
}

static void told(struct fx *x, const char *text)
{
	struct fx_frr *f = x->frr;
	struct frr_conf before = f->applied;

	for (const char *p = strstr(text, "line "); p; p = strstr(p + 5, "line "))
		refused_line(f, p + 5);
	f->applied = (struct frr_conf){0};
	for (size_t i = 0; i < f->wanted.n; i++) {
		const struct frr_line *w = &f->wanted.v[i],
		                      *b = frr_conf_find(&before, w->ctx, w->text);

		frr_conf_add(&f->applied, w->ctx, w->text, w->key, w->secret);
		f->applied.v[i].sent = true;
		f->applied.v[i].refused = w->refused;
		f->applied.v[i].seen = b && b->seen;
	}
	frr_conf_fini(&before);
	frr_change_fini(&f->change);
	look(x);
}

static void answered(struct fx *x, struct frr_answer *a)
{
	struct fx_frr *f = x->frr;
	enum state was = f->state;

	f->state = IDLE;
	if (f->again) { /* the answer is about an older configuration: look again */
		f->again = false;
		frr_change_fini(&f->change);
		look(x);
	} else if (!a->ran) {
		unavailable(x, a->text);
	} else if (was == LOOKING) {
		looked(x, a->text);
	} else {
		told(x, a->text);
	}
	wipe(a->text, strlen(a->text));
	free(a->text);
}

void fx_frr_run(struct fx *x)
{
	struct fx_frr *f = x->frr;
	struct frr_answer a;

	if (!can(x))
		return;
	while (f->state != IDLE && x->b.frr.poll(x->b.frr.ctx, &a))
		answered(x, &a);
	if (f->state != IDLE && x->now >= f->asked_at + ANSWER_MS) {
		x->b.frr.cancel(x->b.frr.ctx);
		unavailable(x, "FRR does not answer in time");
	}
	if (f->statics && f->generation != fx_routes_generation(x))
		fx_frr_configure(x);
	if (f->state == IDLE && x->now >= f->look_at)
		look(x);
}

uint64_t fx_frr_deadline(const struct fx *x)
{
	const struct fx_frr *f = x->frr;

	if (!can(x))
		return UINT64_MAX;
	return f->state == IDLE ? f->look_at : f->asked_at + ANSWER_MS;
}

/* ---- configuration ------------------------------------------------------------------------------
 */

static bool equal(const struct frr_conf *a, const struct frr_conf *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].text, b->v[i].text) != 0 ||
		        strcmp(a->v[i].ctx, b->v[i].ctx) != 0)
			return false;
	return true;
}

/* What cannot be said to FRR at all is told to whoever reads the log, once. */
static void log_unsaid(const struct frr_conf *old, const struct frr_conf *fresh)
{
	for (size_t i = 0; i < fresh->n; i++) {
		const struct frr_line *l = &fresh->v[i];

		if (l->refused && !frr_conf_find(old, l->ctx, l->text))
			log_msg(ROUTING_REFUSED, (int)(l->secret ? l->key : strlen(l->text)),
			        *l->text ? l->text : l->ctx);
	}
}

struct statics {
	struct frr_static *v;
	size_t n, cap;
};

/* Those of the configuration and those that hubs pushed, which are static routes to IOS too. */
static void collect(void *ctx, const struct fx_route_want *w)
{
	struct statics *s = ctx;

	if (w->distance >= DISTANCE_NEVER)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct frr_static){.dst = w->dst, .tag = w->tag};
}

static size_t statics(void *ctx, struct frr_static **out)
{
	struct statics s = {0};

	fx_routes_each(ctx, collect, &s);
	*out = s.v;
	return s.n;
}

void fx_frr_configure(struct fx *x)
{
	struct fx_frr *f = x->frr;
	struct frr_conf fresh = {0};

	frr_wanted(x->cfg, statics, x, &fresh);
	f->statics = frr_redistributes_static(&fresh);
	f->generation = fx_routes_generation(x);
	if (equal(&fresh, &f->wanted) && (fresh.n || !f->applied.n)) {
		frr_conf_fini(&fresh);
		return;
	}
	log_unsaid(&f->wanted, &fresh);
	frr_conf_fini(&f->wanted);
	f->wanted = fresh;
	f->rounds = 0;
	if (f->state == IDLE)
		f->look_at = x->now;
	else
		f->again = true;
	/* The lines behind a change under way are gone. */
	for (size_t i = 0; i < f->change.n; i++)
		f->change.from[i] = NULL;
}

bool fx_frr_wanted(const struct fx *x)
{
	return x->frr->wanted.n > 0;
}

const char *fx_frr_why(const struct fx *x)
{
	return can(x) ? x->frr->why : "this router has no FRR";
}

void fx_frr_refused(const struct fx *x, void (*visit)(void *ctx, const char *text), void *ctx)
{
	char text[300];

	for (size_t i = 0; i < x->frr->wanted.n; i++) {
		const struct frr_line *l = &x->frr->wanted.v[i];

		if (!l->refused)
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(l->secret ? l->key : strlen(l->text)),
		        l->text);
		visit(ctx, *text ? text : l->ctx);
	}
}

bool fx_frr_show(const struct fx *x, const char *command, char **text)
{
	struct frr_answer a = {0};

	if (!can(x)) {
		*text = xstrdup(fx_frr_why(x));
		return false;
	}
	x->b.frr.now(x->b.frr.ctx, FRR_SHOW, command, SHOW_MS, &a);
	*text = a.text;
	return a.ran && a.text[0] != '%';
}

/* ---- the end ------------------------------------------------------------------------------------
 */

static void take_back_all(struct fx *x)
{
	struct fx_frr *f = x->frr;
	struct frr_conf none = {0}, have = {0};
	struct frr_answer a = {0};

	x->b.frr.cancel(x->b.frr.ctx);
	x->b.frr.now(x->b.frr.ctx, FRR_SHOW, "show running-config", PARTING_MS, &a);
	if (a.ran) {
		frr_conf_read(a.text, &have);
		frr_change_fini(&f->change);
		frr_diff(&f->applied, &none, &have, &f->change);
		wipe(a.text, strlen(a.text));
	}
	free(a.text);
	frr_conf_fini(&have);
	if (!a.ran || !f->change.text.len)
		return;
	a.text = NULL;
	x->b.frr.now(x->b.frr.ctx, FRR_CONFIGURE, sb_str(&f->change.text), PARTING_MS, &a);
	free(a.text);
	if (a.ran && f->file)
		unlink(f->file);
}

void fx_frr_free(struct fx *x)
{
	struct fx_frr *f = x->frr;

	if (!f)
		return;
	if (can(x) && f->applied.n)
		take_back_all(x);
	frr_conf_fini(&f->wanted);
	frr_conf_fini(&f->applied);
	frr_change_fini(&f->change);
	free(f->file);
	free(f);
	x->frr = NULL;
}
