/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The services as child processes and kernel devices: see services.h. */
#include "net/services.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct client {
	char dev[NET_IFNAMSIZ];
	char *hostname;
	struct dhcpc *c;
	bool wanted;
	struct client *next;
};

struct real {
	struct services base;
	struct children *set;
	struct dnsproxy *dns;
	struct dhcpd *dhcp;
	struct vrf *vrf;
	struct client *clients;
	bool lease_news;
	char *dir; /* of the clients' script */
};

static struct real *real(struct services *s)
{
	return (struct real *)s;
}

/* ---- DHCP clients -------------------------------------------------------------------------------
 */

static void on_lease(void *ctx, const struct dhcpc_lease *l)
{
	(void)l;
	((struct real *)ctx)->lease_news = true;
}

static struct client *find_client(const struct real *r, const char *dev)
{
	struct client *c = r->clients;

	while (c && strcmp(c->dev, dev) != 0)
		c = c->next;
	return c;
}

static void stop_client(struct client **at, uint64_t now)
{
	struct client *c = *at;

	*at = c->next;
	dhcpc_stop(c->c, now);
	free(c->hostname);
	free(c);
}

static void start_client(struct real *r, const struct dhcpc_wanted *w, uint64_t now)
{
	struct client *c = xcalloc(1, sizeof(*c));

	snprintf(c->dev, sizeof(c->dev), "%s", w->dev);
	c->hostname = w->hostname ? xstrdup(w->hostname) : NULL;
	c->wanted = true;
	c->next = r->clients;
	r->clients = c;
	c->c = dhcpc_start(r->set, r->dir, c->dev, c->hostname, on_lease, r, now);
}

static bool same_name(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int real_dhcpc(struct services *s, const struct dhcpc_wanted *v, size_t n, uint64_t now)
{
	struct real *r = real(s);

	for (struct client *c = r->clients; c; c = c->next)
		c->wanted = false;
	for (size_t i = 0; i < n; i++) {
		struct client *c = find_client(r, v[i].dev);

		if (c)
			c->wanted = same_name(c->hostname, v[i].hostname);
	}
	for (struct client **at = &r->clients; *at;) {
		if ((*at)->wanted)
			at = &(*at)->next;
		else
			stop_client(at, now);
	}
	for (size_t i = 0; i < n; i++)
		if (!find_client(r, v[i].dev))
			start_client(r, &v[i], now);
	return 0;
}

static const struct dhcpc_lease *real_lease(struct services *s, const char *dev)
{
	const struct client *c = find_client(real(s), dev);

	return c && dhcpc_lease(c->c)->bound ? dhcpc_lease(c->c) : NULL;
}

static bool real_lease_news(struct services *s)
{
	bool news = real(s)->lease_news;

	real(s)->lease_news = false;
	return news;
}

static bool real_lease_renew(struct services *s, const char *dev, bool release)
{
	const struct client *c = find_client(real(s), dev);

	return c && (release ? dhcpc_release(c->c) : dhcpc_renew(c->c));
}

/* ---- the others
 * ---------------------------------------------------------------------------------- */

static void real_close(struct services *s, uint64_t now)
{
	struct real *r = real(s);

	real_dhcpc(s, NULL, 0, now);
	dnsproxy_free(r->dns, now);
	dhcpd_free(r->dhcp, now);
	children_free(r->set);
	vrf_free(r->vrf);
	free(r->dir);
	free(r);
}

static int real_dns(struct services *s, const struct dns_list *v, size_t n, uint64_t now)
{
	return dnsproxy_apply(real(s)->dns, v, n, now);
}

static int real_dhcp(struct services *s, const struct dhcp_wanted *w, uint64_t now)
{
	return dhcpd_apply(real(s)->dhcp, w, now);
}

static int real_vrf(struct services *s, const struct vrf_wanted *w, size_t n, const char **why)
{
	int rc = vrf_apply(real(s)->vrf, w, n);

	*why = vrf_why(real(s)->vrf);
	return rc;
}

static uint32_t real_vrf_table(struct services *s, const char *name)
{
	return vrf_table(real(s)->vrf, name);
}

static uint32_t real_vrf_ifindex(struct services *s, const char *name)
{
	return vrf_ifindex(real(s)->vrf, name);
}

static bool real_vrf_available(struct services *s, const char **why)
{
	return vrf_available(real(s)->vrf, why);
}

static bool real_dns_status(struct services *s, const char *list, struct dns_status *out)
{
	return dnsproxy_status(real(s)->dns, list, out);
}

static void real_dns_ask(struct services *s)
{
	dnsproxy_ask(real(s)->dns);
}

static bool real_dhcp_info(struct services *s, struct child_info *out)
{
	return dhcpd_info(real(s)->dhcp, out);
}

static int real_bindings(
        struct services *s, void (*visit)(void *ctx, const struct dhcp_binding *b), void *ctx)
{
	return dhcpd_bindings(real(s)->dhcp, visit, ctx);
}

static void real_clear_binding(struct services *s, const struct ipaddr *addr, uint64_t now)
{
	dhcpd_clear(real(s)->dhcp, addr, now);
}

static const uint64_t *real_counters(struct services *s)
{
	return dhcpd_counters(real(s)->dhcp);
}

static void real_clear_counters(struct services *s)
{
	dhcpd_clear_counters(real(s)->dhcp);
}

static int real_fd(struct services *s)
{
	return children_fd(real(s)->set);
}

static void real_poll(struct services *s, uint64_t now)
{
	children_poll(real(s)->set, now);
}

static uint64_t real_deadline(struct services *s)
{
	return children_deadline(real(s)->set);
}

static const struct services_ops real_ops = {
        .close = real_close,
        .dns = real_dns,
        .dhcp = real_dhcp,
        .vrf = real_vrf,
        .dhcpc = real_dhcpc,
        .lease = real_lease,
        .lease_news = real_lease_news,
        .lease_renew = real_lease_renew,
        .vrf_table = real_vrf_table,
        .vrf_ifindex = real_vrf_ifindex,
        .vrf_available = real_vrf_available,
        .dns_status = real_dns_status,
        .dns_ask = real_dns_ask,
        .dhcp_info = real_dhcp_info,
        .bindings = real_bindings,
        .clear_binding = real_clear_binding,
        .dhcp_counters = real_counters,
        .clear_dhcp_counters = real_clear_counters,
        .fd = real_fd,
        .poll = real_poll,
        .deadline = real_deadline,
};

/* What a killed predecessor left: its processes died with it. */
static void clear_files(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

struct services *services_open(const char *dir, struct net *net)
{
	struct real *r = xcalloc(1, sizeof(*r));
	char files[280];

	snprintf(files, sizeof(files), "%s/services", dir);
	clear_files(files);
	r->base.ops = &real_ops;
	r->set = children_new();
	r->dns = dnsproxy_new(r->set, files);
	r->dhcp = dhcpd_new(r->set, files, dir);
	r->vrf = vrf_new(&vrf_kernel_ops, net);
	r->dir = xstrdup(files);
	return &r->base;
}
