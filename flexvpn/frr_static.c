/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `redistribute static` to FRR, which sees our static routes as the kernel's, among those that the
 * box has from elsewhere, and without their tags. So FRR gets a list of ours for each tag, and
 * `redistribute kernel` goes through a route map that lets only these pass, gives each its tag back
 * and calls the route map of the line:
 *
 *   ip prefix-list spoke-static-7 seq 2166136 permit 10.9.0.0/16
 *   route-map spoke-static-M permit 10
 *    match ip address prefix-list spoke-static-7
 *    set tag 7
 *    call M
 *   route-map spoke-static-M deny 65535
 *
 * A default route is none of them: IOS has `default-information originate` for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/frr.h"

enum { LAST = 65535, STEP = 10 };

struct statics {
	struct frr_static *v;
	size_t n;
};

static int by_tag(const void *a, const void *b)
{
	const struct frr_static *x = a, *y = b;

	if (x->dst.addr.family != y->dst.addr.family)
		return x->dst.addr.family == AF_INET ? -1 : 1;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return prefix_cmp(&x->dst, &y->dst);
}

static bool same_list(const struct frr_static *a, const struct frr_static *b)
{
	return a->dst.addr.family == b->dst.addr.family && a->tag == b->tag;
}

static const char *list_name(const struct frr_static *s, char buf[40])
{
	if (s->tag)
		snprintf(buf, 40, FRR_STATIC "-%u", s->tag);
	else
		snprintf(buf, 40, FRR_STATIC);
	return buf;
}

static const char *family_word(const struct frr_static *s)
{
	return s->dst.addr.family == AF_INET ? "ip" : "ipv6";
}

/* A place in the list that does not move when other routes come and go. */
static uint32_t place(const struct prefix *p)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(p->addr.b); i++)
		h = (h ^ p->addr.b[i]) * 16777619u;
	h = (h ^ p->len) * 16777619u;
	return 1 + h % 4294900000u; /* some are left above for the next ones */
}

/* As FRR prints it: IOS has IPv6 addresses in capitals. */
static const char *frr_prefix(const struct prefix *p, char buf[PREFIX_STRLEN])
{
	prefix_fmt(p, buf);
	for (char *c = buf; *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c - 'A' + 'a');
	return buf;
}

struct placed {
	uint32_t at;
	const struct frr_static *s;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return by_tag(x->s, y->s);
}

/* Of two routes with one place, which is rare, the second takes the next one. */
static void list(const struct frr_static *v, size_t n, struct frr_conf *out)
{
	struct placed *p = xcalloc(n, sizeof(*p));
	char name[40], dst[PREFIX_STRLEN], line[200];

	for (size_t i = 0; i < n; i++)
		p[i] = (struct placed){.at = place(&v[i].dst), .s = &v[i]};
	qsort(p, n, sizeof(*p), by_place);
	for (size_t i = 0; i < n; i++) {
		if (i && p[i].at <= p[i - 1].at)
			p[i].at = p[i - 1].at + 1;
		snprintf(line, sizeof(line), "%s prefix-list %s seq %u permit %s", family_word(v),
		        list_name(v, name), p[i].at, frr_prefix(&p[i].s->dst, dst));
		frr_conf_add(out, "", line, 0, false);
	}
	free(p);
}

/* How many from the first on are of its list. */
static size_t run(const struct frr_static *v, size_t n)
{
	size_t k = 1;

	while (k < n && same_list(&v[0], &v[k]))
		k++;
	return k;
}

static void entry(const struct frr_static *s, const char *map, const char *called, unsigned seq,
        struct frr_conf *out)
{
	char ctx[240], line[240], name[40];

	snprintf(ctx, sizeof(ctx), "route-map %s permit %u", map, seq);
	frr_conf_add(out, ctx, "", 0, false);
	snprintf(line, sizeof(line), "match %s address prefix-list %s", family_word(s),
	        list_name(s, name));
	frr_conf_add(out, ctx, line, 0, false);
	if (s->tag) {
		snprintf(line, sizeof(line), "set tag %u", s->tag);
		frr_conf_add(out, ctx, line, 0, false);
	}
	if (*called) {
		snprintf(line, sizeof(line), "call %s", called);
		frr_conf_add(out, ctx, line, 0, false);
	}
}

static void route_map(const struct statics *s, const char *map, struct frr_conf *out)
{
	const char *called = map + strlen(FRR_STATIC) + (map[strlen(FRR_STATIC)] == '-');
	unsigned seq = STEP;
	char ctx[240];

	for (size_t i = 0; i < s->n && seq < LAST; i += run(s->v + i, s->n - i), seq += STEP)
		entry(&s->v[i], map, called, seq, out);
	snprintf(ctx, sizeof(ctx), "route-map %s deny %u", map, LAST);
	frr_conf_add(out, ctx, "", 0, false);
}

/* The route map that a line goes through; NULL: it redistributes no static routes. */
static const char *map_of(const struct frr_line *l)
{
	const char *at = strstr(l->text, " route-map " FRR_STATIC);

	return strncmp(l->text, "redistribute kernel ", 20) == 0 && at ? at + strlen(" route-map ")
	                                                               : NULL;
}

bool frr_redistributes_static(const struct frr_conf *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		if (map_of(&lines->v[i]))
			return true;
	return false;
}

static size_t without_defaults(struct frr_static *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].dst.len)
			v[kept++] = v[i];
	return kept;
}

/* Of one prefix and tag one is enough. */
static size_t without_doubles(struct frr_static *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!kept || by_tag(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	return kept;
}

void frr_static_lines(
        const struct frr_conf *routers, frr_statics_fn *statics, void *ctx, struct frr_conf *out)
{
	struct statics s = {0};
	char map[200];

	if (!frr_redistributes_static(routers))
		return;
	s.n = statics(ctx, &s.v);
	s.n = without_defaults(s.v, s.n);
	if (s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_tag);
	s.n = without_doubles(s.v, s.n);
	for (size_t i = 0; i < s.n; i += run(s.v + i, s.n - i))
		list(s.v + i, run(s.v + i, s.n - i), out);
	for (size_t i = 0; i < routers->n; i++) {
		const char *name = map_of(&routers->v[i]);

		if (!name)
			continue;
		snprintf(map, sizeof(map), "%.*s", (int)strcspn(name, " "), name);
		route_map(&s, map, out);
	}
	free(s.v);
}
