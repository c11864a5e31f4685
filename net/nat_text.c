/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wanted state as an nftables table. Chains, in the order in which a packet meets them:
 *
 *   in        prerouting, before any translation: `ip access-group … in`
 *   timeouts  prerouting: lifetimes of new connections from the inside
 *   dstnat    prerouting: static translations, inwards
 *   entries   forward: the limit of entries
 *   srcnat    postrouting: static, then dynamic translations, outwards
 *   translated  postrouting: counts packets
 *   out       postrouting, after translation: `ip access-group … out`, forwarded packets only
 *
 * A dynamic rule by a list is a chain "n-l-LIST.0"; one by a route map is a chain "n-m-MAP" that
 * jumps to one stage after the other (an entry of the map with one of its access lists). Inside a
 * stage a permitted packet meets the verdict, which ends the walk; `return` and the end of the
 * stage mean: not this one, try the next. The kernel allows 16 chains inside each other, so stages
 * stand side by side. A packet that a `deny` entry of a map takes leaves the map: it goes to the
 * chain "n-m-MAP.after", which has the rules behind this one.
 */
#include "net/nat_text.h"

#include <stdlib.h>
#include <string.h>

enum { NAT_MAX_SERVERS = 64 };

struct nat_timeouts nat_timeouts_ios(void)
{
	return (struct nat_timeouts){.udp = 300, .dns = 60, .tcp = 86400, .finrst = 60};
}

/* ---- finding ------------------------------------------------------------------------------------
 */

const struct acl *nat_find_acl(const struct nat_wanted *w, const char *name, bool v6)
{
	for (size_t i = 0; i < w->n_acl; i++)
		if ((w->acl[i]->kind == ACL_IPV6) == v6 && strcmp(w->acl[i]->name, name) == 0)
			return w->acl[i];
	return NULL;
}

const struct nat_map *nat_find_map(const struct nat_wanted *w, const char *name)
{
	for (size_t i = 0; i < w->n_map; i++)
		if (strcmp(w->map[i].name, name) == 0)
			return &w->map[i];
	return NULL;
}

const struct nat_pool *nat_find_pool(const struct nat_wanted *w, const char *name)
{
	for (size_t i = 0; i < w->n_pool; i++)
		if (strcmp(w->pool[i].name, name) == 0)
			return &w->pool[i];
	return NULL;
}

/* ---- counters -----------------------------------------------------------------------------------
 */

void nat_need_counter(struct nat_text *t, const char *name)
{
	if (t->n_counter == t->cap_counter) {
		t->cap_counter = t->cap_counter ? 2 * t->cap_counter : 16;
		t->counter = xrealloc(t->counter, t->cap_counter * sizeof(*t->counter));
	}
	t->counter[t->n_counter++] = xstrdup(name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list that several rules use has its counters once. */
static void unique_counters(struct nat_text *t)
{
	size_t n = 0;

	if (!t->n_counter)
		return;
	qsort(t->counter, t->n_counter, sizeof(*t->counter), by_name);
	for (size_t i = 0; i < t->n_counter; i++) {
		if (n && strcmp(t->counter[n - 1], t->counter[i]) == 0)
			free(t->counter[i]);
		else
			t->counter[n++] = t->counter[i];
	}
	t->n_counter = n;
}

void nat_rule_counter(const char *acl, const char *map, struct strbuf *out)
{
	sb_puts(out, map ? "n-m-" : "n-l-");
	acl_nft_name(map ? map : acl, out);
}

/* A device's name in quotes. One that nftables would read as something else (a pattern, the end of
 * the quotes) matches nothing: no device is called ".". */
void nat_put_dev(struct strbuf *out, const char *dev)
{
	bool plain = *dev && strlen(dev) < 16;

	for (const unsigned char *p = (const unsigned char *)dev; *p; p++)
		plain = plain && *p > ' ' && *p < 127 && !strchr("\"\\*", *p);
	sb_printf(out, "\"%s\"", plain ? dev : ".");
}

/* ---- sets of devices ----------------------------------------------------------------------------
 */

/* `{ "a", "b" }`; false: there is none. */
static bool put_devs(struct strbuf *out, const struct nat_wanted *w, bool inside)
{
	const char *sep = "{ ";

	for (size_t i = 0; i < w->n_iface; i++) {
		if (!(inside ? w->iface[i].inside : w->iface[i].outside))
			continue;
		sb_puts(out, sep);
		nat_put_dev(out, w->iface[i].dev);
		sep = ", ";
	}
	sb_puts(out, *sep == ',' ? " }" : "");
	return *sep == ',';
}

static void put_list(struct strbuf *out, const char *const *dev, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sb_puts(out, i ? ", " : "{ ");
		nat_put_dev(out, dev[i]);
	}
	sb_puts(out, " }");
}

/* ---- dynamic translations -----------------------------------------------------------------------
 */

struct rule { /* while one is being written */
	struct nat_text *t;
	const struct nat_wanted *w;
	const char *name;    /* of its chain */
	const char *verdict; /* for packets that it takes */
	unsigned stage;
	bool leaves; /* some packets go to the chain behind it */
};

/* What happens to a packet that the rule takes; false: the rule is incomplete. */
static bool verdict_text(const struct nat_wanted *w, const struct nat_dynamic *d,
        const char *counter, struct strbuf *out)
{
	const struct nat_pool *p = d->pool ? nat_find_pool(w, d->pool) : NULL;
	char a[IPADDR_STRLEN], b[IPADDR_STRLEN];
	struct prefix net;

	if (d->pool && !p)
		return false;
	sb_printf(out, "counter name \"%s\" ", counter);
	if (!p && !ipaddr_is_set(&d->addr)) {
		sb_puts(out, "drop");
		return true;
	}
	sb_printf(out, "ct label set %d snat ip ", NFT_LABEL);
	if (!p) {
		sb_printf(out, "to %s", ipaddr_fmt(&d->addr, a));
	} else if (p->match_host) {
		net = prefix_of(&p->first, p->len);
		net = prefix_mask(&net);
		sb_printf(out, "prefix to %s/%u", ipaddr_fmt(&net.addr, a), net.len);
	} else {
		sb_printf(out, "to %s-%s persistent", ipaddr_fmt(&p->first, a),
		        ipaddr_fmt(&p->last, b));
	}
	return true;
}

/* A chain with the entries of one list. */
static void stage(struct rule *r, const struct acl *a, const char *verdict)
{
	sb_printf(&r->t->body, "\tchain %s.%u {\n", r->name, r->stage++);
	for (size_t i = 0; a && i < a->n; i++) {
		if (a->e[i].text)
			continue;
		nat_entry_head(r->t, a, &a->e[i]);
		sb_printf(&r->t->body, "%s\n", a->e[i].permit ? verdict : "return");
	}
	sb_puts(&r->t->body, "\t}\n");
}

static void way_out(const struct nat_map_entry *m, struct strbuf *out)
{
	sb_puts(out, "\t\t");
	if (!m->match_dev)
		return;
	sb_puts(out, "oifname ");
	put_list(out, m->dev, m->n_dev);
	sb_putc(out, ' ');
}

/* An entry of a route map: a stage for each of its lists; without one it takes everything. */
static void map_entry(struct rule *r, const struct nat_map_entry *m, struct strbuf *jumps)
{
	struct strbuf leave = {0};

	if (m->off || (m->match_dev && !m->n_dev))
		return;
	sb_printf(&leave, "goto %s.after", r->name);
	for (size_t i = 0; i < m->n_acl; i++) {
		way_out(m, jumps);
		sb_printf(jumps, "jump %s.%u\n", r->name, r->stage);
		stage(r, nat_find_acl(r->w, m->acl[i], false),
		        m->permit ? r->verdict : sb_str(&leave));
		r->leaves |= !m->permit;
	}
	if (!m->n_acl) {
		way_out(m, jumps);
		sb_printf(jumps, "%s\n", m->permit ? r->verdict : "return");
	}
	sb_fini(&leave);
}

/* The rule of a list is its stage. */
static void rule_stages(struct rule *r, const struct nat_dynamic *d)
{
	const struct nat_map *m = d->map ? nat_find_map(r->w, d->map) : NULL;
	struct strbuf jumps = {0};

	if (!d->map) {
		stage(r, nat_find_acl(r->w, d->acl, false), r->verdict);
		return;
	}
	for (size_t i = 0; m && i < m->n; i++)
		map_entry(r, &m->entry[i], &jumps);
	sb_printf(&r->t->body, "\tchain %s {\n%s\t}\n", r->name, sb_str(&jumps));
	sb_fini(&jumps);
}

/* Writes the rule's chains; false: it is incomplete, and has none. `*leaves`: some packets go to
 * the chain behind it. */
static bool dynamic_rule(
        struct nat_text *t, const struct nat_wanted *w, const struct nat_dynamic *d, bool *leaves)
{
	struct strbuf verdict = {0}, name = {0};
	bool ok;

	nat_rule_counter(d->acl, d->map, &name);
	ok = verdict_text(w, d, sb_str(&name), &verdict);
	if (ok) {
		struct rule r = {
		        .t = t, .w = w, .name = sb_str(&name), .verdict = sb_str(&verdict)};

		nat_need_counter(t, sb_str(&name));
		rule_stages(&r, d);
		*leaves = r.leaves;
	}
	sb_fini(&verdict);
	sb_fini(&name);
	return ok;
}

/* ---- static translations ------------------------------------------------------------------------
 */

static bool static_usable(const struct nat_static *s)
{
	return ipaddr_is_set(&s->global) && ipaddr_is_set(&s->local);
}

static const char *static_proto(const struct nat_static *s)
{
	return s->kind == NAT_STATIC_TCP ? "tcp" : s->kind == NAT_STATIC_UDP ? "udp" : NULL;
}

static void static_in(struct strbuf *out, const struct nat_static *s)
{
	char l[IPADDR_STRLEN], g[IPADDR_STRLEN];

	ipaddr_fmt(&s->local, l);
	ipaddr_fmt(&s->global, g);
	if (static_proto(s))
		sb_printf(out, "\t\tip daddr %s %s dport %u ct label set %d dnat ip to %s:%u\n", g,
		        static_proto(s), s->global_port, NFT_LABEL, l, s->local_port);
	else if (s->kind == NAT_STATIC_NET)
		sb_printf(out, "\t\tip daddr %s/%u ct label set %d dnat ip prefix to %s/%u\n", g,
		        s->len, NFT_LABEL, l, s->len);
	else
		sb_printf(out, "\t\tip daddr %s ct label set %d dnat ip to %s\n", g, NFT_LABEL, l);
}

static void static_match_out(struct strbuf *out, const struct nat_static *s)
{
	char l[IPADDR_STRLEN];

	ipaddr_fmt(&s->local, l);
	if (static_proto(s))
		sb_printf(out, "\t\tip saddr %s %s sport %u ", l, static_proto(s), s->local_port);
	else if (s->kind == NAT_STATIC_NET)
		sb_printf(out, "\t\tip saddr %s/%u ", l, s->len);
	else
		sb_printf(out, "\t\tip saddr %s ", l);
}

static void static_verdict_out(struct strbuf *out, const struct nat_static *s)
{
	char g[IPADDR_STRLEN];

	ipaddr_fmt(&s->global, g);
	if (static_proto(s))
		sb_printf(out, "ct label set %d snat ip to %s:%u", NFT_LABEL, g, s->global_port);
	else if (s->kind == NAT_STATIC_NET)
		sb_printf(out, "ct label set %d snat ip prefix to %s/%u", NFT_LABEL, g, s->len);
	else
		sb_printf(out, "ct label set %d snat ip to %s", NFT_LABEL, g);
}

/* With a route map, a static translation has chains of its own outwards. True: some packets go to
 * the one behind it. */
static bool static_chain(struct nat_text *t, const struct nat_wanted *w, size_t i)
{
	const struct nat_static *s = &w->fixed[i];
	const struct nat_dynamic d = {.map = s->map};
	struct strbuf verdict = {0}, name = {0};
	struct rule r = {.t = t, .w = w};

	static_verdict_out(&verdict, s);
	sb_printf(&name, "s-%zu", i);
	r.verdict = sb_str(&verdict);
	r.name = sb_str(&name);
	rule_stages(&r, &d);
	sb_fini(&verdict);
	sb_fini(&name);
	return r.leaves;
}

static void static_out(struct strbuf *out, const struct nat_static *s, size_t i)
{
	static_match_out(out, s);
	if (s->map)
		sb_printf(out, "jump s-%zu\n", i);
	else {
		static_verdict_out(out, s);
		sb_putc(out, '\n');
	}
}

/* ---- the chains of translation ------------------------------------------------------------------
 */

static const struct nat_pool *servers_of(
        const struct nat_wanted *w, const struct nat_destination *d)
{
	const struct nat_pool *p = nat_find_pool(w, d->pool);

	return p && p->rotary && nat_find_acl(w, d->acl, false) ? p : NULL;
}

static void servers_verdict(const struct nat_pool *p, struct strbuf *out)
{
	uint32_t first = ipaddr_u32(&p->first), n = ipaddr_u32(&p->last) - first + 1;
	char a[IPADDR_STRLEN];

	if (n > NAT_MAX_SERVERS)
		n = NAT_MAX_SERVERS;
	sb_printf(out, "ct label set %d dnat ip to numgen inc mod %u map { ", NFT_LABEL, n);
	for (uint32_t i = 0; i < n; i++) {
		struct ipaddr server = ipaddr_v4(first + i);

		sb_printf(out, "%s%u : %s", i ? ", " : "", i, ipaddr_fmt(&server, a));
	}
	sb_puts(out, " }");
}

/* What a list says of sources it says of destinations here. */
static struct acl *of_destinations(const struct acl *a)
{
	struct acl *out = acl_new(a->name, a->kind);

	for (size_t i = 0; i < a->n; i++) {
		struct acl_entry e = a->e[i];

		if (e.text)
			continue;
		e.dst = e.src;
		e.src = (struct acl_addr){0};
		acl_add(out, &e);
	}
	return out;
}

static void destination_chain(struct nat_text *t, const struct nat_wanted *w,
        const struct nat_destination *d, struct strbuf *jumps)
{
	const struct acl *a = nat_find_acl(w, d->acl, false);
	struct acl *turned = a->kind == ACL_STANDARD ? of_destinations(a) : NULL;
	struct strbuf verdict = {0}, name = {0};
	struct rule r = {.t = t, .w = w};

	servers_verdict(servers_of(w, d), &verdict);
	sb_puts(&name, "d-l-");
	acl_nft_name(d->acl, &name);
	r.name = sb_str(&name);
	stage(&r, turned ? turned : a, sb_str(&verdict));
	sb_printf(jumps, "\t\tmeta l4proto 6 jump %s.0\n", r.name);
	acl_free(turned);
	sb_fini(&verdict);
	sb_fini(&name);
}

static void build_dstnat(struct nat_text *t, const struct nat_wanted *w, const char *outside)
{
	struct strbuf jumps = {0};
	bool any = false;

	for (size_t i = 0; i < w->n_fixed; i++)
		any = any || static_usable(&w->fixed[i]);
	for (size_t i = 0; i < w->n_destination; i++)
		if (servers_of(w, &w->destination[i]))
			destination_chain(t, w, &w->destination[i], &jumps);
	if (!any && !jumps.len)
		return;
	sb_printf(&t->body,
	        "\tchain dstnat {\n\t\ttype nat hook prerouting priority -100; policy accept;\n"
	        "\t\tmeta nfproto != ipv4 accept\n\t\tiifname != %s accept\n",
	        outside);
	for (size_t i = 0; i < w->n_fixed; i++)
		if (static_usable(&w->fixed[i]))
			static_in(&t->body, &w->fixed[i]);
	sb_printf(&t->body, "%s\t}\n", sb_str(&jumps));
	sb_fini(&jumps);
}

static void jump_dynamic(struct strbuf *out, const struct nat_dynamic *d)
{
	sb_puts(out, "\t\t");
	if (d->n_in_dev) {
		sb_puts(out, "iifname ");
		put_list(out, d->in_dev, d->n_in_dev);
		sb_putc(out, ' ');
	}
	sb_puts(out, "jump ");
	nat_rule_counter(d->acl, d->map, out);
	sb_puts(out, d->map ? "\n" : ".0\n");
}

/* The rules of srcnat, in order, while they are written. */
struct line {
	struct strbuf text;
	struct strbuf
	        after; /* the chain that has the rules behind this one; empty: none is needed */
};

static void static_lines(struct nat_text *t, const struct nat_wanted *w, struct line *v, size_t *n)
{
	for (size_t i = 0; i < w->n_fixed; i++) {
		if (!static_usable(&w->fixed[i]))
			continue;
		if (w->fixed[i].map && static_chain(t, w, i))
			sb_printf(&v[*n].after, "s-%zu.after", i);
		static_out(&v[(*n)++].text, &w->fixed[i], i);
	}
}

static void dynamic_lines(struct nat_text *t, const struct nat_wanted *w, struct line *v, size_t *n)
{
	for (size_t i = 0; i < w->n_dynamic; i++) {
		bool leaves = false;

		if (!dynamic_rule(t, w, &w->dynamic[i], &leaves))
			continue;
		if (leaves) {
			nat_rule_counter(w->dynamic[i].acl, w->dynamic[i].map, &v[*n].after);
			sb_puts(&v[*n].after, ".after");
		}
		jump_dynamic(&v[(*n)++].text, &w->dynamic[i]);
	}
}

static void after_chain(struct strbuf *out, const struct line *v, size_t n, size_t at)
{
	if (!v[at].after.len)
		return;
	sb_printf(out, "\tchain %s {\n", sb_str(&v[at].after));
	for (size_t i = at + 1; i < n; i++)
		sb_puts(out, sb_str(&v[i].text));
	sb_puts(out, "\t\taccept\n\t}\n");
}

static void build_srcnat(
        struct nat_text *t, const struct nat_wanted *w, const char *inside, const char *outside)
{
	struct line *v = xcalloc(w->n_fixed + w->n_dynamic + 1, sizeof(*v));
	size_t n = 0;

	static_lines(t, w, v, &n);
	dynamic_lines(t, w, v, &n);
	for (size_t i = 0; i < n; i++)
		after_chain(&t->body, v, n, i);
	sb_printf(&t->body,
	        "\tchain srcnat {\n\t\ttype nat hook postrouting priority 100; policy accept;\n"
	        "\t\tmeta nfproto != ipv4 accept\n\t\tiifname != %s accept\n\t\toifname != %s "
	        "accept\n",
	        inside, outside);
	for (size_t i = 0; i < n; i++) {
		sb_puts(&t->body, sb_str(&v[i].text));
		sb_fini(&v[i].text);
		sb_fini(&v[i].after);
	}
	sb_puts(&t->body, "\t}\n");
	free(v);
}

/* Behind srcnat: the first packet of a connection gets its label there. */
static void build_counts(
        struct nat_text *t, const struct nat_wanted *w, const char *inside, const char *outside)
{
	nat_need_counter(t, NAT_HITS);
	sb_printf(&t->body,
	        "\tchain translated {\n\t\ttype filter hook postrouting priority 140; policy "
	        "accept;\n"
	        "\t\tct label %d counter name \"" NAT_HITS "\"\n\t}\n",
	        NFT_LABEL);
	if (w->timeouts.max_entries)
		sb_printf(&t->body,
		        "\tchain entries {\n\t\ttype filter hook forward priority 0; policy "
		        "accept;\n"
		        "\t\tmeta nfproto ipv4 iifname %s oifname %s ct state new ct count over %u "
		        "drop\n\t}\n",
		        inside, outside, w->timeouts.max_entries);
}

/* ---- lifetimes ----------------------------------------------------------------------------------
 */

static void udp_timeout(struct strbuf *out, const char *name, uint32_t s)
{
	if (s)
		sb_printf(out,
		        "\tct timeout %s {\n\t\tprotocol udp;\n\t\tl3proto ip;\n"
		        "\t\tpolicy = { unreplied : %u, replied : %u }\n\t}\n",
		        name, s, s);
}

static void tcp_timeout(struct strbuf *out, const struct nat_timeouts *v)
{
	const char *sep = "";

	if (!v->tcp && !v->finrst)
		return;
	sb_puts(out, "\tct timeout t-tcp {\n\t\tprotocol tcp;\n\t\tl3proto ip;\n\t\tpolicy = { ");
	if (v->tcp) {
		sb_printf(out, "established : %u", v->tcp);
		sep = ", ";
	}
	if (v->finrst)
		sb_printf(out,
		        "%sfin_wait : %u, close_wait : %u, last_ack : %u, time_wait : %u, close : "
		        "%u",
		        sep, v->finrst, v->finrst, v->finrst, v->finrst, v->finrst);
	sb_puts(out, " }\n\t}\n");
}

static void build_timeouts(struct nat_text *t, const struct nat_timeouts *v, const char *inside)
{
	if (!v->udp && !v->dns && !v->tcp && !v->finrst)
		return;
	udp_timeout(&t->body, "t-udp", v->udp);
	udp_timeout(&t->body, "t-dns", v->dns);
	tcp_timeout(&t->body, v);
	sb_printf(&t->body,
	        "\tchain timeouts {\n\t\ttype filter hook prerouting priority -150; policy "
	        "accept;\n"
	        "\t\tmeta nfproto != ipv4 accept\n\t\tct state != new accept\n\t\tiifname != %s "
	        "accept\n",
	        inside);
	if (v->dns)
		sb_puts(&t->body, "\t\tudp dport 53 ct timeout set \"t-dns\" accept\n");
	if (v->udp)
		sb_puts(&t->body, "\t\tmeta l4proto 17 ct timeout set \"t-udp\"\n");
	if (v->tcp || v->finrst)
		sb_puts(&t->body, "\t\tmeta l4proto 6 ct timeout set \"t-tcp\"\n");
	sb_puts(&t->body, "\t}\n");
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

void nat_text_build(struct nat_text *t, const struct nat_wanted *w)
{
	struct strbuf inside = {0}, outside = {0};
	bool in = put_devs(&inside, w, true), out = put_devs(&outside, w, false), both = in && out;

	*t = (struct nat_text){0};
	nat_filters_build(t, w);
	nat_mss_build(t, w);
	if (both && (w->n_dynamic || w->n_fixed || w->n_destination)) {
		build_timeouts(t, &w->timeouts, sb_str(&inside));
		build_dstnat(t, w, sb_str(&outside));
		build_counts(t, w, sb_str(&inside), sb_str(&outside));
		build_srcnat(t, w, sb_str(&inside), sb_str(&outside));
	}
	unique_counters(t);
	sb_fini(&inside);
	sb_fini(&outside);
}

void nat_text_fini(struct nat_text *t)
{
	for (size_t i = 0; i < t->n_counter; i++)
		free(t->counter[i]);
	free(t->counter);
	sb_fini(&t->body);
	*t = (struct nat_text){0};
}
