/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The services that are only written down: see services.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/services.h"

enum { MAX_BINDINGS = 8, MAX_CLIENTS = 4 };

struct fake {
	struct services base;
	struct vrf_fake *kernel;
	struct vrf *vrf;
	struct strbuf log;
	size_t calls;
	int fail;    /* of the next call; 0: none */
	char **list; /* the DNS lists that "run" */
	size_t n_list;
	bool dhcp; /* "runs" */
	struct dhcp_binding binding[MAX_BINDINGS];
	size_t n_binding;
	struct {
		char dev[NET_IFNAMSIZ];
		struct dhcpc_lease lease;
	} client[MAX_CLIENTS];
	size_t n_client;
	bool lease_news;
	uint64_t counter[DHCP_MESSAGE_MAX];
};

static struct fake *fake(const struct services *s)
{
	return (struct fake *)(uintptr_t)s;
}

static int called(struct fake *f)
{
	int rc = f->fail;

	f->calls++;
	f->fail = 0;
	return rc;
}

static void drop_lists(struct fake *f)
{
	for (size_t i = 0; i < f->n_list; i++)
		free(f->list[i]);
	free(f->list);
	f->list = NULL;
	f->n_list = 0;
}

static void fake_close(struct services *s, uint64_t now)
{
	struct fake *f = fake(s);

	(void)now;
	drop_lists(f);
	vrf_free(f->vrf);
	vrf_fake_free(f->kernel);
	sb_fini(&f->log);
	free(f);
}

static int fake_dns(struct services *s, const struct dns_list *v, size_t n, uint64_t now)
{
	struct fake *f = fake(s);

	(void)now;
	drop_lists(f);
	f->list = xcalloc(n + 1, sizeof(*f->list));
	sb_printf(&f->log, "dns %zu\n", n);
	for (size_t i = 0; i < n; i++) {
		f->list[f->n_list++] = xstrdup(v[i].name);
		sb_printf(&f->log, "list %s on", v[i].name);
		for (size_t k = 0; k < v[i].n_dev; k++)
			sb_printf(&f->log, " %s", v[i].dev[k]);
		sb_putc(&f->log, '\n');
		dnsproxy_servers_text(&v[i], &f->log);
		dnsproxy_hosts_text(&v[i], &f->log);
	}
	return called(f);
}

static int fake_dhcp(struct services *s, const struct dhcp_wanted *w, uint64_t now)
{
	struct fake *f = fake(s);
	struct strbuf conf = {0};

	(void)now;
	f->dhcp = dhcpd_conf_text(w, "/run", "/lib", &conf);
	sb_printf(&f->log, "dhcp\n%s", f->dhcp ? sb_str(&conf) : "");
	dhcpd_options_text(w, &f->log);
	sb_fini(&conf);
	return called(f);
}

static int fake_vrf(struct services *s, const struct vrf_wanted *w, size_t n, const char **why)
{
	struct fake *f = fake(s);
	int rc;

	sb_printf(&f->log, "vrf %zu\n", n);
	for (size_t i = 0; i < n; i++) {
		sb_printf(&f->log, "%s%s:", w[i].name, w[i].front_door ? " (front door)" : "");
		for (size_t k = 0; k < w[i].n_dev; k++)
			sb_printf(&f->log, " %s", w[i].dev[k]);
		sb_putc(&f->log, '\n');
	}
	rc = called(f);
	*why = "asked to fail";
	if (rc)
		return rc;
	rc = vrf_apply(f->vrf, w, n);
	*why = vrf_why(f->vrf);
	return rc;
}

static int fake_dhcpc(struct services *s, const struct dhcpc_wanted *v, size_t n, uint64_t now)
{
	struct fake *f = fake(s);

	(void)now;
	sb_printf(&f->log, "dhcp clients %zu\n", n);
	f->n_client = n < MAX_CLIENTS ? n : MAX_CLIENTS;
	for (size_t i = 0; i < f->n_client; i++) {
		sb_printf(&f->log, "client %s %s\n", v[i].dev, v[i].hostname ? v[i].hostname : "-");
		if (strcmp(f->client[i].dev, v[i].dev) != 0)
			f->client[i].lease.bound = false;
		snprintf(f->client[i].dev, sizeof(f->client[i].dev), "%s", v[i].dev);
	}
	return called(f);
}

static const struct dhcpc_lease *fake_lease(struct services *s, const char *dev)
{
	const struct fake *f = fake(s);

	for (size_t i = 0; i < f->n_client; i++)
		if (strcmp(f->client[i].dev, dev) == 0 && f->client[i].lease.bound)
			return &f->client[i].lease;
	return NULL;
}

static bool fake_lease_news(struct services *s)
{
	bool news = fake(s)->lease_news;

	fake(s)->lease_news = false;
	return news;
}

static bool fake_lease_renew(struct services *s, const char *dev, bool release)
{
	sb_printf(&fake(s)->log, "%s %s\n", release ? "release" : "renew", dev);
	return fake_lease(s, dev) != NULL;
}

static uint32_t fake_vrf_table(struct services *s, const char *name)
{
	return vrf_table(fake(s)->vrf, name);
}

static uint32_t fake_vrf_ifindex(struct services *s, const char *name)
{
	return vrf_ifindex(fake(s)->vrf, name);
}

static bool fake_vrf_available(struct services *s, const char **why)
{
	return vrf_available(fake(s)->vrf, why);
}

static bool fake_dns_status(struct services *s, const char *list, struct dns_status *out)
{
	const struct fake *f = fake(s);

	for (size_t i = 0; i < f->n_list; i++)
		if (strcmp(f->list[i], list) == 0) {
			*out = (struct dns_status){.running = true, .why = "", .starts = 1};
			return true;
		}
	return false;
}

static void fake_dns_ask(struct services *s)
{
	(void)s;
}

static bool fake_dhcp_info(struct services *s, struct child_info *out)
{
	*out = (struct child_info){.name = "dhcp", .state = CHILD_RUNNING, .starts = 1, .why = ""};
	return fake(s)->dhcp;
}

static int fake_bindings(
        struct services *s, void (*visit)(void *ctx, const struct dhcp_binding *b), void *ctx)
{
	const struct fake *f = fake(s);

	for (size_t i = 0; i < f->n_binding; i++)
		visit(ctx, &f->binding[i]);
	return 0;
}

static void fake_clear_binding(struct services *s, const struct ipaddr *addr, uint64_t now)
{
	struct fake *f = fake(s);

	(void)now;
	for (size_t i = f->n_binding; i-- > 0;)
		if (!addr || ipaddr_eq(addr, &f->binding[i].addr))
			f->binding[i] = f->binding[--f->n_binding];
}

static const uint64_t *fake_counters(struct services *s)
{
	return fake(s)->counter;
}

static void fake_clear_counters(struct services *s)
{
	memset(fake(s)->counter, 0, sizeof(fake(s)->counter));
}

static int fake_fd(struct services *s)
{
	(void)s;
	return -1;
}

static void fake_poll(struct services *s, uint64_t now)
{
	(void)s;
	(void)now;
}

static uint64_t fake_deadline(struct services *s)
{
	(void)s;
	return UINT64_MAX;
}

static const struct services_ops fake_ops = {
        .close = fake_close,
        .dns = fake_dns,
        .dhcp = fake_dhcp,
        .vrf = fake_vrf,
        .dhcpc = fake_dhcpc,
        .lease = fake_lease,
        .lease_news = fake_lease_news,
        .lease_renew = fake_lease_renew,
        .vrf_table = fake_vrf_table,
        .vrf_ifindex = fake_vrf_ifindex,
        .vrf_available = fake_vrf_available,
        .dns_status = fake_dns_status,
        .dns_ask = fake_dns_ask,
        .dhcp_info = fake_dhcp_info,
        .bindings = fake_bindings,
        .clear_binding = fake_clear_binding,
        .dhcp_counters = fake_counters,
        .clear_dhcp_counters = fake_clear_counters,
        .fd = fake_fd,
        .poll = fake_poll,
        .deadline = fake_deadline,
};

struct services *services_fake_new(bool has_vrf)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	f->base.ops = &fake_ops;
	f->kernel = vrf_fake_new(has_vrf);
	f->vrf = vrf_new(&vrf_fake_ops, f->kernel);
	return &f->base;
}

const char *services_fake_log(const struct services *s)
{
	return sb_str(&fake(s)->log);
}

size_t services_fake_calls(const struct services *s)
{
	return fake(s)->calls;
}

void services_fake_forget(struct services *s)
{
	sb_clear(&fake(s)->log);
	fake(s)->calls = 0;
}

void services_fake_fail_next(struct services *s, int err)
{
	fake(s)->fail = err;
}

void services_fake_lease(struct services *s, const char *dev, const struct dhcpc_lease *l)
{
	struct fake *f = fake(s);

	for (size_t i = 0; i < f->n_client; i++)
		if (strcmp(f->client[i].dev, dev) == 0)
			f->client[i].lease = *l;
	f->lease_news = true;
}

void services_fake_binding(struct services *s, const struct dhcp_binding *b)
{
	struct fake *f = fake(s);

	if (f->n_binding < MAX_BINDINGS)
		f->binding[f->n_binding++] = *b;
}
