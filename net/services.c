/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The services as child processes and kernel devices: see services.h. */
#include "net/services.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

struct real {
	struct services base;
	struct children *set;
	struct dnsproxy *dns;
	struct dhcpd *dhcp;
	struct vrf *vrf;
};

static struct real *real(struct services *s)
{
	return (struct real *)s;
}

static void real_close(struct services *s, uint64_t now)
{
	struct real *r = real(s);

	dnsproxy_free(r->dns, now);
	dhcpd_free(r->dhcp, now);
	children_free(r->set);
	vrf_free(r->vrf);
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
	return &r->base;
}
