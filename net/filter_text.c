/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the wanted state filters and clamps, as nftables: `ip access-group` in both directions, a
 * chain a list, and `ip tcp adjust-mss`. The chains of translation are nat_text.c's.
 */
#include "net/nat_text.h"

#include <string.h>

/* Entries that a list has in one chain, and what a part spans when it has more. */
enum { ACL_LONG = 128, ACL_PART = 640 };

/* ---- access lists -------------------------------------------------------------------------------
 */

/* The condition of an entry, and that it is counted. */
void nat_entry_head(struct nat_text *t, const struct acl *a, const struct acl_entry *e)
{
	struct strbuf counter = {0};

	acl_nft_counter(a, e->seq, &counter);
	nat_need_counter(t, sb_str(&counter));
	sb_puts(&t->body, "\t\t");
	acl_nft_match(a, e, &t->body);
	sb_printf(&t->body, "counter name \"%s\" ", sb_str(&counter));
	sb_fini(&counter);
}

/* A limited log is a rule of its own: a limit that is reached must not change the verdict. */
static void entry_log(struct nat_text *t, const struct acl *a, const struct acl_entry *e)
{
	struct strbuf name = {0};

	if (!e->log && !e->log_input)
		return;
	acl_nft_counter(a, e->seq, &name);
	sb_puts(&t->body, "\t\t");
	acl_nft_match(a, e, &t->body);
	if (strlen(sb_str(&name)) < 100) /* a prefix has 127 octets at most */
		sb_printf(&t->body, "limit rate 10/second log prefix \"%s %s\" group %d\n",
		        sb_str(&name), e->permit ? "permitted" : "denied", NFT_LOG_GROUP);
	else
		sb_printf(&t->body, "limit rate 10/second log group %d\n", NFT_LOG_GROUP);
	sb_fini(&name);
}

static bool has_rules(const struct acl *a)
{
	for (size_t i = 0; a && i < a->n; i++)
		if (!a->e[i].text)
			return true;
	return false;
}

static void filter_chain_name(const struct acl *a, struct strbuf *out)
{
	sb_puts(out, a->kind == ACL_IPV6 ? "acl6-" : "acl-");
	acl_nft_name(a->name, out);
}

/* Entries until one whose sequence number is of another part. */
static size_t filter_entries(struct nat_text *t, const struct acl *a, size_t i, uint32_t part)
{
	uint32_t here = i < a->n ? a->e[i].seq / part : 0;

	for (; i < a->n && a->e[i].seq / part == here; i++) {
		if (a->e[i].text)
			continue;
		entry_log(t, a, &a->e[i]);
		nat_entry_head(t, a, &a->e[i]);
		sb_puts(&t->body, a->e[i].permit ? "accept\n" : "drop\n");
	}
	return i;
}

static void part_name(const struct acl *a, size_t i, struct strbuf *out)
{
	filter_chain_name(a, out);
	sb_printf(out, ".%u", a->e[i].seq / ACL_PART);
}

/* A long list is in parts by sequence number, so that an entry that changes costs its part. */
static void filter_parts(struct nat_text *t, const struct acl *a, struct strbuf *jumps)
{
	for (size_t i = 0; i < a->n;) {
		struct strbuf name = {0};

		part_name(a, i, &name);
		sb_printf(jumps, "\t\tjump %s\n", sb_str(&name));
		sb_printf(&t->body, "\tchain %s {\n", sb_str(&name));
		i = filter_entries(t, a, i, ACL_PART);
		sb_puts(&t->body, "\t}\n");
		sb_fini(&name);
	}
}

/* One chain a list that stands on an interface: accept, drop, and at the end drop. */
static void filter_chain(struct nat_text *t, const struct acl *a)
{
	struct strbuf jumps = {0};

	if (a->n > ACL_LONG)
		filter_parts(t, a, &jumps);
	sb_puts(&t->body, "\tchain ");
	filter_chain_name(a, &t->body);
	sb_printf(&t->body, " {\n%s", sb_str(&jumps));
	if (!jumps.len)
		filter_entries(t, a, 0, UINT32_MAX);
	sb_fini(&jumps);
	if (a->kind == ACL_IPV6) /* neighbour discovery is permitted before the implicit deny */
		sb_puts(&t->body, "\t\ticmpv6 type { 135, 136 } accept\n");
	sb_puts(&t->body, "\t\tdrop\n\t}\n");
}

static bool on_interface(const struct nat_wanted *w, const struct acl *a)
{
	for (size_t i = 0; i < w->n_iface; i++) {
		const struct nat_iface *f = &w->iface[i];
		const char *in = a->kind == ACL_IPV6 ? f->in6 : f->in4;
		const char *out = a->kind == ACL_IPV6 ? f->out6 : f->out4;

		if ((in && strcmp(in, a->name) == 0) || (out && strcmp(out, a->name) == 0))
			return true;
	}
	return false;
}

/* A list that is missing or has no rules permits everything. */
static void filter_jump(struct nat_text *t, const struct nat_wanted *w, const char *dir,
        const char *dev, const char *name, bool v6)
{
	const struct acl *a = name ? nat_find_acl(w, name, v6) : NULL;

	if (!has_rules(a))
		return;
	sb_printf(&t->body, "\t\t%s ", dir);
	nat_put_dev(&t->body, dev);
	sb_printf(&t->body, " meta nfproto %s jump ", v6 ? "ipv6" : "ipv4");
	filter_chain_name(a, &t->body);
	sb_putc(&t->body, '\n');
}

static bool filters(const struct nat_wanted *w, bool out)
{
	for (size_t i = 0; i < w->n_iface; i++) {
		const struct nat_iface *f = &w->iface[i];
		const char *v4 = out ? f->out4 : f->in4, *v6 = out ? f->out6 : f->in6;

		if ((v4 && has_rules(nat_find_acl(w, v4, false))) ||
		        (v6 && has_rules(nat_find_acl(w, v6, true))))
			return true;
	}
	return false;
}

void nat_filters_build(struct nat_text *t, const struct nat_wanted *w)
{
	for (size_t i = 0; i < w->n_acl; i++)
		if (has_rules(w->acl[i]) && on_interface(w, w->acl[i]))
			filter_chain(t, w->acl[i]);
	if (filters(w, false)) {
		sb_puts(&t->body, "\tchain in {\n\t\ttype filter hook prerouting priority -150; "
		                  "policy accept;\n");
		for (size_t i = 0; i < w->n_iface; i++) {
			filter_jump(t, w, "iifname", w->iface[i].dev, w->iface[i].in4, false);
			filter_jump(t, w, "iifname", w->iface[i].dev, w->iface[i].in6, true);
		}
		sb_puts(&t->body, "\t}\n");
	}
	if (filters(w, true)) {
		sb_puts(&t->body, "\tchain out {\n\t\ttype filter hook postrouting priority 150; "
		                  "policy accept;\n"
		                  "\t\tiif 0 accept\n"); /* our own packets are not filtered */
		for (size_t i = 0; i < w->n_iface; i++) {
			filter_jump(t, w, "oifname", w->iface[i].dev, w->iface[i].out4, false);
			filter_jump(t, w, "oifname", w->iface[i].dev, w->iface[i].out6, true);
		}
		sb_puts(&t->body, "\t}\n");
	}
}

/* ---- segment sizes ------------------------------------------------------------------------------
 */

/* Either end may be the one that would send too much. */
static void clamp(struct strbuf *out, const char *dev, const char *family, uint16_t mss)
{
	static const char *const way[] = {"iifname", "oifname"};

	for (size_t i = 0; mss && i < ARRAY_LEN(way); i++) {
		sb_printf(out, "\t\tmeta nfproto %s %s ", family, way[i]);
		nat_put_dev(out, dev);
		sb_printf(out,
		        " tcp flags & (syn | rst) == syn tcp option maxseg size > %u tcp option "
		        "maxseg "
		        "size set %u\n",
		        mss, mss);
	}
}

void nat_mss_build(struct nat_text *t, const struct nat_wanted *w)
{
	struct strbuf rules = {0};

	for (size_t i = 0; i < w->n_iface; i++) {
		clamp(&rules, w->iface[i].dev, "ipv4", w->iface[i].mss4);
		clamp(&rules, w->iface[i].dev, "ipv6", w->iface[i].mss6);
	}
	if (*sb_str(&rules))
		sb_printf(&t->body,
		        "\tchain mss {\n\t\ttype filter hook forward priority -150; policy "
		        "accept;\n%s\t}\n",
		        sb_str(&rules));
	sb_fini(&rules);
}
