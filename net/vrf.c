/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VRFs as a machine: see vrf.h. */
#include "net/vrf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct entry { /* a VRF that is wanted */
	char name[VRF_NAME_MAX + 1];
	char dev[NET_IFNAMSIZ];
	uint32_t table, index; /* index 0: a stand-in, or not there yet */
};

struct vrf {
	const struct vrf_ops *ops;
	void *k;
	enum { UNKNOWN, YES, NO } available;
	struct entry *e;
	size_t n;
	struct vrf_link *link; /* what the kernel has, at the start of an apply */
	size_t n_link;
	struct vrf_rule *rule;
	size_t n_rule;
	int rc; /* the first failure of an apply */
	char why[200];
};

struct vrf *vrf_new(const struct vrf_ops *ops, void *k)
{
	struct vrf *v = xcalloc(1, sizeof(*v));

	v->ops = ops;
	v->k = k;
	return v;
}

void vrf_free(struct vrf *v)
{
	if (!v)
		return;
	free(v->e);
	free(v->link);
	free(v->rule);
	free(v);
}

/* ---- names --------------------------------------------------------------------------------------
 */

void vrf_device_name(const char *name, char dev[NET_IFNAMSIZ])
{
	uint32_t h = 2166136261; /* FNV-1a */
	bool plain = strlen(name) <= NET_IFNAMSIZ - 5;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		h = (h ^ *p) * 16777619;
		plain = plain && *p > ' ' && *p < 127 && *p != '/' && *p != ':' && *p != '%';
	}
	if (plain)
		snprintf(dev, NET_IFNAMSIZ, "vrf-%.11s", name);
	else
		snprintf(dev, NET_IFNAMSIZ, "vrf-%08x", h);
}

static bool is_ours(const struct vrf_link *l)
{
	return l->table && strncmp(l->alias, VRF_ALIAS_PREFIX, strlen(VRF_ALIAS_PREFIX)) == 0;
}

static struct entry *find(const struct vrf *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->e[i].name, name) == 0)
			return &v->e[i];
	return NULL;
}

uint32_t vrf_table(const struct vrf *v, const char *name)
{
	const struct entry *e = find(v, name);

	return e ? e->table : 0;
}

uint32_t vrf_ifindex(const struct vrf *v, const char *name)
{
	const struct entry *e = find(v, name);

	return e ? e->index : 0;
}

const char *vrf_why(const struct vrf *v)
{
	return v->why;
}

/* ---- what the kernel has ------------------------------------------------------------------------
 */

static bool take_link(void *ctx, const struct vrf_link *l)
{
	struct vrf *v = ctx;

	v->link = xrealloc(v->link, (v->n_link + 1) * sizeof(*v->link));
	v->link[v->n_link++] = *l;
	return true;
}

static bool take_rule(void *ctx, const struct vrf_rule *r)
{
	struct vrf *v = ctx;

	v->rule = xrealloc(v->rule, (v->n_rule + 1) * sizeof(*v->rule));
	v->rule[v->n_rule++] = *r;
	return true;
}

static int look(struct vrf *v)
{
	int rc;

	v->n_link = v->n_rule = 0;
	rc = v->ops->links(v->k, take_link, v);
	return rc ? rc : v->ops->rules(v->k, take_rule, v);
}

static struct vrf_link *link_named(const struct vrf *v, const char *name)
{
	for (size_t i = 0; i < v->n_link; i++)
		if (strcmp(v->link[i].name, name) == 0)
			return &v->link[i];
	return NULL;
}

static struct vrf_link *link_at(const struct vrf *v, uint32_t index)
{
	for (size_t i = 0; index && i < v->n_link; i++)
		if (v->link[i].index == index)
			return &v->link[i];
	return NULL;
}

/* The kernel is asked by making one and taking it away again. */
bool vrf_available(struct vrf *v, const char **why)
{
	static const char probe[] = "vrf-spoke-probe";

	if (v->available == UNKNOWN) {
		int rc = v->ops->create(v->k, probe, VRF_FIRST_TABLE - 1, VRF_ALIAS_PREFIX "probe");

		v->available = rc == -EOPNOTSUPP ? NO : YES;
		v->n_link = 0;
		if (!rc && v->ops->links(v->k, take_link, v) == 0 && link_named(v, probe))
			v->ops->remove(v->k, link_named(v, probe)->index);
	}
	if (why)
		*why = v->available == YES ? "" : "this kernel has no VRF devices (module vrf)";
	return v->available == YES;
}

static void failed(struct vrf *v, const char *name, const char *what, int rc)
{
	if (!rc || v->rc)
		return;
	v->rc = rc;
	snprintf(v->why, sizeof(v->why), "VRF %s: %s: %s", name, what, strerror(-rc));
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static bool table_taken(const struct vrf *v, uint32_t table)
{
	for (size_t i = 0; i < v->n_link; i++)
		if (v->link[i].table == table)
			return true;
	for (size_t i = 0; i < v->n; i++)
		if (v->e[i].table == table)
			return true;
	for (size_t i = 0; i < v->n_rule; i++)
		if (v->rule[i].table == table)
			return true;
	return false;
}

static uint32_t free_table(const struct vrf *v)
{
	uint32_t t = VRF_FIRST_TABLE;

	while (table_taken(v, t))
		t++;
	return t;
}

/* A VRF keeps the table that it has: as the kernel knows it, or as we gave it before. */
static void note_wanted(struct vrf *v, const struct vrf_wanted *w, size_t n)
{
	struct entry *old = v->e;
	size_t n_old = v->n;

	v->e = xcalloc(n ? n : 1, sizeof(*v->e));
	v->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &v->e[v->n++];
		const struct vrf_link *l;

		snprintf(e->name, sizeof(e->name), "%s", w[i].name);
		vrf_device_name(w[i].name, e->dev);
		l = link_named(v, e->dev);
		if (l && is_ours(l)) {
			e->table = l->table;
			e->index = l->index;
		}
		for (size_t k = 0; k < n_old && !e->table; k++)
			if (strcmp(old[k].name, e->name) == 0)
				e->table = old[k].table;
	}
	for (size_t i = 0; i < v->n; i++)
		if (!v->e[i].table)
			v->e[i].table = free_table(v);
	free(old);
}

/* ---- devices ------------------------------------------------------------------------------------
 */

static bool wanted_device(const struct vrf *v, const struct vrf_link *l)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->e[i].index == l->index)
			return true;
	return false;
}

static void remove_devices(struct vrf *v)
{
	for (size_t i = 0; i < v->n_link; i++) {
		const struct vrf_link *l = &v->link[i];

		if (!is_ours(l) || wanted_device(v, l))
			continue;
		v->ops->closed(v->k, l->table, false);
		failed(v, l->alias + strlen(VRF_ALIAS_PREFIX), "removing its device",
		        v->ops->remove(v->k, l->index));
	}
}

static void make_device(struct vrf *v, struct entry *e)
{
	char alias[VRF_NAME_MAX + sizeof(VRF_ALIAS_PREFIX)];
	int rc;

	snprintf(alias, sizeof(alias), VRF_ALIAS_PREFIX "%s", e->name);
	rc = link_named(v, e->dev) ? -EEXIST : v->ops->create(v->k, e->dev, e->table, alias);
	failed(v, e->name, "making its device", rc);
	if (!rc)
		failed(v, e->name, "closing its table", v->ops->closed(v->k, e->table, true));
}

/* Ours, or no VRF's at all. */
static bool may_move(const struct vrf *v, const struct vrf_link *l)
{
	const struct vrf_link *m = link_at(v, l->master);

	return !l->master || (m && is_ours(m));
}

static void enslave(struct vrf *v, const struct entry *e, const struct vrf_wanted *w)
{
	for (size_t i = 0; e->index && i < w->n_dev; i++) {
		struct vrf_link *l = link_named(v, w->dev[i]);

		if (!l || l->master == e->index)
			continue;
		if (!may_move(v, l)) {
			failed(v, e->name, w->dev[i], -EBUSY);
			continue;
		}
		failed(v, e->name, w->dev[i], v->ops->enslave(v->k, l->index, e->index));
		l->master = e->index;
	}
}

static bool is_member(
        const struct vrf *v, const struct vrf_wanted *w, size_t n, const struct vrf_link *l)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < w[i].n_dev; k++)
			if (strcmp(w[i].dev[k], l->name) == 0 && v->e[i].index)
				return true;
	return false;
}

static void release(struct vrf *v, const struct vrf_wanted *w, size_t n)
{
	for (size_t i = 0; i < v->n_link; i++) {
		struct vrf_link *l = &v->link[i];
		const struct vrf_link *m = link_at(v, l->master);

		if (!m || !is_ours(m) || is_member(v, w, n, l))
			continue;
		failed(v, m->alias + strlen(VRF_ALIAS_PREFIX), l->name,
		        v->ops->enslave(v->k, l->index, 0));
		l->master = 0;
	}
}

static void apply_devices(struct vrf *v, const struct vrf_wanted *w, size_t n)
{
	bool made = false;

	for (size_t i = 0; i < n; i++) {
		if (v->e[i].index)
			continue;
		make_device(v, &v->e[i]);
		made = true;
	}
	if (made) {
		failed(v, "", "reading the devices", look(v));
		for (size_t i = 0; i < n; i++) {
			const struct vrf_link *l = link_named(v, v->e[i].dev);

			v->e[i].index = l && is_ours(l) ? l->index : 0;
		}
	}
	release(v, w, n);
	for (size_t i = 0; i < n; i++)
		enslave(v, &v->e[i], &w[i]);
}

/* ---- rules that stand in ------------------------------------------------------------------------
 */

static bool same_rule(const struct vrf_rule *a, const struct vrf_rule *b)
{
	return a->family == b->family && a->out == b->out && a->table == b->table &&
	       strcmp(a->dev, b->dev) == 0;
}

static void want_rule(
        struct vrf_rule **want, size_t *n, int family, const char *dev, bool out, uint32_t table)
{
	struct vrf_rule r = {.family = family, .out = out, .table = table};

	snprintf(r.dev, sizeof(r.dev), "%s", dev);
	*want = xrealloc(*want, (*n + 1) * sizeof(**want));
	(*want)[(*n)++] = r;
}

static bool has_rule(const struct vrf_rule *v, size_t n, const struct vrf_rule *r)
{
	for (size_t i = 0; i < n; i++)
		if (same_rule(&v[i], r))
			return true;
	return false;
}

static bool table_in(const struct vrf_rule *v, size_t n, uint32_t table)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].table == table)
			return true;
	return false;
}

static void change_rules(struct vrf *v, const struct vrf_rule *want, size_t n)
{
	for (size_t i = 0; i < v->n_rule; i++) {
		if (has_rule(want, n, &v->rule[i]))
			continue;
		failed(v, v->rule[i].dev, "removing a rule",
		        v->ops->rule(v->k, &v->rule[i], false));
		if (!table_in(want, n, v->rule[i].table))
			v->ops->closed(v->k, v->rule[i].table, false);
	}
	for (size_t i = 0; i < n; i++) {
		if (has_rule(v->rule, v->n_rule, &want[i]))
			continue;
		if (!table_in(v->rule, v->n_rule, want[i].table) &&
		        !table_in(want, i, want[i].table))
			failed(v, want[i].dev, "closing its table",
			        v->ops->closed(v->k, want[i].table, true));
		failed(v, want[i].dev, "adding a rule", v->ops->rule(v->k, &want[i], true));
	}
}

/* Without VRF devices: rules for the front doors, an error for the others. With them: no rules. */
static void apply_rules(struct vrf *v, const struct vrf_wanted *w, size_t n, bool stand_in)
{
	struct vrf_rule *want = NULL;
	size_t n_want = 0;

	for (size_t i = 0; stand_in && i < n; i++) {
		if (!w[i].front_door) {
			failed(v, w[i].name, "this kernel has no VRF devices", -EOPNOTSUPP);
			continue;
		}
		for (size_t k = 0; k < w[i].n_dev; k++)
			for (int out = 0; out < 2; out++) {
				want_rule(&want, &n_want, AF_INET, w[i].dev[k], out, v->e[i].table);
				want_rule(
				        &want, &n_want, AF_INET6, w[i].dev[k], out, v->e[i].table);
			}
	}
	change_rules(v, want, n_want);
	free(want);
}

int vrf_apply(struct vrf *v, const struct vrf_wanted *w, size_t n)
{
	bool devices = n && vrf_available(v, NULL);

	v->rc = 0;
	v->why[0] = '\0';
	failed(v, "", "reading the devices", look(v));
	if (v->rc)
		return v->rc;
	note_wanted(v, w, n);
	if (devices)
		apply_devices(v, w, n);
	else
		release(v, w, 0);
	apply_rules(v, w, n, !devices);
	remove_devices(v);
	return v->rc;
}
