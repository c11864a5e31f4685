/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vrf_fake_ops: devices and rules in memory, and a log of the changing calls. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/vrf.h"

struct vrf_fake {
	bool has_vrf;
	struct vrf_link *link;
	struct vrf_rule *rule;
	size_t n_link, n_rule;
	uint32_t next;
	struct strbuf log;
	int fail;
};

struct vrf_fake *vrf_fake_new(bool has_vrf)
{
	struct vrf_fake *f = xcalloc(1, sizeof(*f));

	f->has_vrf = has_vrf;
	return f;
}

void vrf_fake_free(struct vrf_fake *f)
{
	free(f->link);
	free(f->rule);
	sb_fini(&f->log);
	free(f);
}

uint32_t vrf_fake_link(
        struct vrf_fake *f, const char *name, const char *alias, uint32_t table, uint32_t master)
{
	struct vrf_link *l;

	f->link = xrealloc(f->link, (f->n_link + 1) * sizeof(*f->link));
	l = &f->link[f->n_link++];
	*l = (struct vrf_link){.index = ++f->next, .table = table, .master = master, .up = true};
	snprintf(l->name, sizeof(l->name), "%s", name);
	snprintf(l->alias, sizeof(l->alias), "%s", alias);
	return l->index;
}

const char *vrf_fake_log(const struct vrf_fake *f)
{
	return sb_str(&f->log);
}

void vrf_fake_forget(struct vrf_fake *f)
{
	sb_clear(&f->log);
}

void vrf_fake_fail_next(struct vrf_fake *f, int err)
{
	f->fail = err;
}

static int failure(struct vrf_fake *f)
{
	int err = f->fail;

	f->fail = 0;
	return -err;
}

static const char *name_of(const struct vrf_fake *f, uint32_t index)
{
	for (size_t i = 0; i < f->n_link; i++)
		if (f->link[i].index == index)
			return f->link[i].name;
	return "none";
}

/* Visitors see copies: they may cause changes. */
static int links(void *k, bool (*visit)(void *ctx, const struct vrf_link *l), void *ctx)
{
	struct vrf_fake *f = k;

	for (size_t i = 0; i < f->n_link; i++) {
		struct vrf_link l = f->link[i];

		if (!visit(ctx, &l))
			break;
	}
	return 0;
}

static int rules(void *k, bool (*visit)(void *ctx, const struct vrf_rule *r), void *ctx)
{
	struct vrf_fake *f = k;

	for (size_t i = 0; i < f->n_rule; i++) {
		struct vrf_rule r = f->rule[i];

		if (!visit(ctx, &r))
			break;
	}
	return 0;
}

static int create(void *k, const char *dev, uint32_t table, const char *alias)
{
	struct vrf_fake *f = k;
	int rc = f->has_vrf ? failure(f) : -EOPNOTSUPP;

	sb_printf(&f->log, "create %s table %u alias %s\n", dev, table, alias);
	if (!rc)
		vrf_fake_link(f, dev, alias, table, 0);
	return rc;
}

static int remove_link(void *k, uint32_t index)
{
	struct vrf_fake *f = k;

	sb_printf(&f->log, "remove %s\n", name_of(f, index));
	for (size_t i = 0; i < f->n_link; i++) {
		if (f->link[i].master == index)
			f->link[i].master = 0;
		if (f->link[i].index == index)
			f->link[i--] = f->link[--f->n_link];
	}
	return failure(f);
}

static int enslave(void *k, uint32_t index, uint32_t master)
{
	struct vrf_fake *f = k;

	sb_printf(&f->log, "enslave %s %s\n", name_of(f, index), name_of(f, master));
	for (size_t i = 0; i < f->n_link; i++)
		if (f->link[i].index == index)
			f->link[i].master = master;
	return failure(f);
}

static int rule(void *k, const struct vrf_rule *r, bool add)
{
	struct vrf_fake *f = k;

	sb_printf(&f->log, "rule %s %s %s %s table %u\n", add ? "add" : "del",
	        r->family == AF_INET ? "ipv4" : "ipv6", r->out ? "oif" : "iif", r->dev, r->table);
	if (add) {
		f->rule = xrealloc(f->rule, (f->n_rule + 1) * sizeof(*f->rule));
		f->rule[f->n_rule++] = *r;
		return failure(f);
	}
	for (size_t i = 0; i < f->n_rule; i++)
		if (f->rule[i].family == r->family && f->rule[i].out == r->out &&
		        strcmp(f->rule[i].dev, r->dev) == 0) {
			f->rule[i] = f->rule[--f->n_rule];
			break;
		}
	return failure(f);
}

static int closed(void *k, uint32_t table, bool add)
{
	struct vrf_fake *f = k;

	sb_printf(&f->log, "closed %s table %u\n", add ? "add" : "del", table);
	return failure(f);
}

const struct vrf_ops vrf_fake_ops = {
        .links = links,
        .rules = rules,
        .create = create,
        .remove = remove_link,
        .enslave = enslave,
        .rule = rule,
        .closed = closed,
};
