/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DHCP client by udhcpc: see dhcpc.h. */
#include "net/dhcpc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "net/dnsmasq.h"

/* Fields that others fill stand behind those that they cannot break; the domain is last. */
#define EVENT "dhcp-event"
static const char script[] =
        "#!/bin/sh\n"
        "# Says what the DHCP client got. Written by spoked; changes are lost.\n"
        "printf '%s\\n' \"" EVENT "|$1|$ip|$subnet|$lease|$serverid|$router|$dns|$wins|$domain\"\n";

struct dhcpc {
	struct child *child;
	struct dhcpc_lease lease;
	void (*changed)(void *ctx, const struct dhcpc_lease *l);
	void *ctx;
};

/* ---- the script's lines -------------------------------------------------------------------------
 */

static uint8_t parse_list(char *s, struct ipaddr *v)
{
	uint8_t n = 0;
	char *save = NULL;

	for (char *p = strtok_r(s, " ", &save); p && n < DHCPC_MAX; p = strtok_r(NULL, " ", &save))
		if (ipaddr_parse4(p, &v[n]))
			n++;
	return n;
}

static bool parse_bound(char *f[10], struct dhcpc_lease *l)
{
	struct ipaddr addr, mask, routers[DHCPC_MAX];
	int len;

	if (!ipaddr_parse4(f[2], &addr) || !ipaddr_parse4(f[3], &mask))
		return false;
	len = mask_to_len(ipaddr_u32(&mask));
	if (len < 0 || ipaddr_is_multicast(&addr) || ipaddr_is_any(&addr))
		return false;
	l->bound = true;
	l->addr = prefix_of(&addr, (uint8_t)len);
	l->lease_s = (uint32_t)strtoul(f[4], NULL, 10);
	if (!ipaddr_parse4(f[5], &l->server))
		l->server = (struct ipaddr){0};
	if (parse_list(f[6], routers))
		l->router = routers[0];
	l->n_dns = parse_list(f[7], l->dns);
	l->n_netbios = parse_list(f[8], l->netbios);
	snprintf(l->domain, sizeof(l->domain), "%.255s", f[9]);
	return true;
}

bool dhcpc_parse(const char *line, struct dhcpc_lease *out)
{
	char *copy = xstrdup(line), *rest = copy, *f[10];
	size_t n = 0;
	bool ok = false;

	memset(out, 0, sizeof(*out));
	while (n < 9 && rest)
		f[n++] = strsep(&rest, "|");
	if (n == 9 && rest && strcmp(f[0], EVENT) == 0) {
		f[9] = rest;
		if (strcmp(f[1], "bound") == 0 || strcmp(f[1], "renew") == 0)
			ok = parse_bound(f, out);
		else
			ok = strcmp(f[1], "deconfig") == 0 || strcmp(f[1], "nak") == 0;
	}
	free(copy);
	return ok;
}

/* ---- the process --------------------------------------------------------------------------------
 */

static bool same(const struct dhcpc_lease *a, const struct dhcpc_lease *b)
{
	if (a->bound != b->bound)
		return false;
	return !a->bound ||
	       (prefix_cmp(&a->addr, &b->addr) == 0 && ipaddr_eq(&a->router, &b->router) &&
	               a->n_dns == b->n_dns && memcmp(a->dns, b->dns, sizeof(a->dns)) == 0 &&
	               a->n_netbios == b->n_netbios &&
	               memcmp(a->netbios, b->netbios, sizeof(a->netbios)) == 0 &&
	               strcmp(a->domain, b->domain) == 0);
}

static void take(struct dhcpc *c, const struct dhcpc_lease *l)
{
	bool news = !same(&c->lease, l);

	c->lease = *l;
	if (news)
		c->changed(c->ctx, &c->lease);
}

static void on_line(void *ctx, const char *line)
{
	struct dhcpc_lease l;

	if (dhcpc_parse(line, &l))
		take(ctx, &l);
}

/* Without the client nobody renews the lease. */
static void on_change(void *ctx, enum child_state state, const char *why)
{
	static const struct dhcpc_lease none;

	(void)why;
	if (state == CHILD_WAITING)
		take(ctx, &none);
}

static int write_script(const char *dir, char *path, size_t n)
{
	int rc = dnsmasq_make_dir(dir);

	snprintf(path, n, "%s/dhcp-event", dir);
	if (rc >= 0)
		rc = dnsmasq_write(path, script);
	if (rc >= 0 && chmod(path, 0755) < 0)
		rc = -errno;
	return rc;
}

struct dhcpc *dhcpc_start(struct children *set, const char *dir, const char *dev,
        const char *hostname, void (*changed)(void *ctx, const struct dhcpc_lease *l), void *ctx,
        uint64_t now_ms)
{
	struct dhcpc *c = xcalloc(1, sizeof(*c));
	char path[300], host[300];
	const char *const argv[] = {"udhcpc", "-f", "-R", "-i", dev, "-s", path, "-T", "2", "-t",
	        "4", "-A", "10", "-O", "wins", hostname ? "-x" : NULL, host, NULL};
	const struct child_spec spec = {
	        .name = dev, .argv = argv, .line = on_line, .changed = on_change, .ctx = c};

	c->changed = changed;
	c->ctx = ctx;
	write_script(dir, path,
	        sizeof(path)); /* a client whose script is missing says so as it starts */
	snprintf(host, sizeof(host), "hostname:%s", hostname ? hostname : "");
	c->child = child_start(set, &spec, now_ms);
	return c;
}

void dhcpc_stop(struct dhcpc *c, uint64_t now_ms)
{
	if (!c)
		return;
	child_stop(c->child, now_ms);
	free(c);
}

const struct dhcpc_lease *dhcpc_lease(const struct dhcpc *c)
{
	return &c->lease;
}

bool dhcpc_renew(struct dhcpc *c)
{
	return child_signal(c->child, SIGUSR1);
}

bool dhcpc_release(struct dhcpc *c)
{
	return child_signal(c->child, SIGUSR2);
}

void dhcpc_info(const struct dhcpc *c, struct child_info *out)
{
	child_info(c->child, out);
}
