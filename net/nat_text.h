/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside net/: what is wanted of the packet filter, as text. */
#ifndef SPOKE_NET_NAT_TEXT_H
#define SPOKE_NET_NAT_TEXT_H

#include "net/nat.h"

/* Counters that rules refer to, each once, in order of their first use; what the table consists of
 * besides them. */
struct nat_text {
	char **counter;
	size_t n_counter, cap_counter;
	struct strbuf body;
};

void nat_text_build(
        struct nat_text *t, const struct nat_wanted *w); /* body empty: nothing is wanted */
/* The commands that lead from one text, which is applied, to another in place; false: the table has
 * to be replaced (nat_diff.c). */
bool nat_text_change(const struct nat_text *from, const struct nat_text *to, struct strbuf *out);
void nat_text_fini(struct nat_text *t);

const struct acl *nat_find_acl(const struct nat_wanted *w, const char *name, bool v6);
const struct nat_map *nat_find_map(const struct nat_wanted *w, const char *name);
const struct nat_pool *nat_find_pool(const struct nat_wanted *w, const char *name);

/* The counter of a dynamic rule: "n-l-LIST", "n-m-MAP". */
void nat_rule_counter(const char *acl, const char *map, struct strbuf *out);

/* filter_text.c: the chains of access groups and of segment sizes; the head of a rule for an entry
 * of a list. */
void nat_filters_build(struct nat_text *t, const struct nat_wanted *w);
void nat_mss_build(struct nat_text *t, const struct nat_wanted *w);
void nat_entry_head(struct nat_text *t, const struct acl *a, const struct acl_entry *e);

/* A rule will refer to this counter; a device's name, quoted. */
void nat_need_counter(struct nat_text *t, const char *name);
void nat_put_dev(struct strbuf *out, const char *dev);

#define NAT_HITS "nat-hits"

#endif
