/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DHCP server by dnsmasq: the process and its leases. See dhcpd.h; texts are in dhcpd_text.c.
 */
#include "net/dhcpd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/dnsmasq.h"

enum { PATH_LEN = 300 };

struct dhcpd {
	struct children *set;
	char *dir, *lease_dir;
	struct dnsmasq *d;     /* NULL: nothing to serve */
	struct ipaddr *manual; /* addresses of `host` pools */
	size_t n_manual;
	struct ipaddr *forget; /* leases to be taken out before the next start */
	size_t n_forget;
	bool forget_all;
	uint64_t counter[DHCP_MESSAGE_MAX];
};

static void lease_path(const struct dhcpd *d, char *buf, size_t n)
{
	snprintf(buf, n, "%s/dhcp.leases", d->lease_dir);
}

/* ---- leases -------------------------------------------------------------------------------------
 */

static bool parse_octets(const char *s, uint8_t *out, size_t max, size_t *n)
{
	char pair[3] = "";

	for (*n = 0; *s; (*n)++) {
		if (*n == max || !s[0] || !s[1] || (s[2] && s[2] != ':'))
			return false;
		memcpy(pair, s, 2);
		if (!hex_parse(pair, &out[*n], 1))
			return false;
		s += 2 + (s[2] == ':');
	}
	return *n > 0;
}

/* "1700000000 52:54:00:aa:bb:01 10.20.20.20 host 01:52:54:00:aa:bb:01"; `*` stands for what is
 * unknown. A hardware type other than Ethernet's stands in front of its address: "06-…". */
bool dhcp_lease_parse(const char *line, struct dhcp_binding *out)
{
	char mac[80], addr[64], name[256], id[256];
	const char *hw;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (sscanf(line, "%" SCNu64 " %79s %63s %255s %255s", &out->expires, mac, addr, name, id) !=
	        5)
		return false;
	hw = strchr(mac, '-') ? strchr(mac, '-') + 1 : mac;
	if (!ipaddr_parse4(addr, &out->addr) ||
	        !parse_octets(hw, out->hwaddr, sizeof(out->hwaddr), &n))
		return false;
	if (strcmp(name, "*") != 0)
		snprintf(out->name, sizeof(out->name), "%.63s", name);
	if (parse_octets(id, out->client_id, sizeof(out->client_id), &n))
		out->client_id_len = (uint8_t)n;
	return true;
}

static bool is_manual(const struct dhcpd *d, const struct ipaddr *a)
{
	for (size_t i = 0; i < d->n_manual; i++)
		if (ipaddr_eq(&d->manual[i], a))
			return true;
	return false;
}

int dhcpd_bindings(
        const struct dhcpd *d, void (*visit)(void *ctx, const struct dhcp_binding *b), void *ctx)
{
	char path[PATH_LEN], line[800];
	uint64_t now = (uint64_t)time(NULL);
	struct dhcp_binding b;
	FILE *f;

	lease_path(d, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), f)) {
		if (!dhcp_lease_parse(line, &b) || (b.expires && b.expires < now))
			continue;
		b.manual = is_manual(d, &b.addr);
		visit(ctx, &b);
	}
	fclose(f);
	return 0;
}

static bool forgotten(const struct dhcpd *d, const char *line)
{
	struct dhcp_binding b;

	if (!dhcp_lease_parse(line, &b))
		return false; /* not a lease: it stays */
	for (size_t i = 0; i < d->n_forget; i++)
		if (ipaddr_eq(&d->forget[i], &b.addr))
			return true;
	return d->forget_all;
}

static void drop_forget(struct dhcpd *d)
{
	free(d->forget);
	d->forget = NULL;
	d->n_forget = 0;
	d->forget_all = false;
}

/* The server does not run: its file may be changed. */
static void on_prepare(void *ctx)
{
	struct dhcpd *d = ctx;
	char path[PATH_LEN], line[800];
	struct strbuf keep = {0};
	FILE *f;

	if (!d->forget_all && !d->n_forget)
		return;
	lease_path(d, path, sizeof(path));
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!forgotten(d, line))
			sb_puts(&keep, line);
	if (f) {
		fclose(f);
		dnsmasq_write(path, sb_str(&keep));
	}
	sb_fini(&keep);
	drop_forget(d);
}

void dhcpd_clear(struct dhcpd *d, const struct ipaddr *addr, uint64_t now_ms)
{
	if (addr) {
		d->forget = xrealloc(d->forget, (d->n_forget + 1) * sizeof(*d->forget));
		d->forget[d->n_forget++] = *addr;
	} else {
		d->forget_all = true;
	}
	if (d->d)
		dnsmasq_restart(d->d, now_ms);
	else
		on_prepare(d);
}

/* ---- counters -----------------------------------------------------------------------------------
 */

/* With log-dhcp a line is "TRANSACTION DHCPACK(lan0) 10.20.20.20 …". */
static void on_line(void *ctx, const char *line)
{
	static const char *const names[DHCP_MESSAGE_MAX] = {"DHCPDISCOVER(", "DHCPOFFER(",
	        "DHCPREQUEST(", "DHCPDECLINE(", "DHCPACK(", "DHCPNAK(", "DHCPRELEASE(",
	        "DHCPINFORM("};
	struct dhcpd *d = ctx;
	const char *word = line + strspn(line, "0123456789");

	word += strspn(word, " ");
	for (int i = 0; i < DHCP_MESSAGE_MAX; i++)
		if (strncmp(word, names[i], strlen(names[i])) == 0)
			d->counter[i]++;
}

const uint64_t *dhcpd_counters(const struct dhcpd *d)
{
	return d->counter;
}

void dhcpd_clear_counters(struct dhcpd *d)
{
	memset(d->counter, 0, sizeof(d->counter));
}

/* ---- the process --------------------------------------------------------------------------------
 */

struct dhcpd *dhcpd_new(struct children *set, const char *dir, const char *lease_dir)
{
	struct dhcpd *d = xcalloc(1, sizeof(*d));

	d->set = set;
	d->dir = xstrdup(dir);
	d->lease_dir = xstrdup(lease_dir);
	return d;
}

static void note_manual(struct dhcpd *d, const struct dhcp_wanted *w)
{
	free(d->manual);
	d->manual = xcalloc(w->n_pool + 1, sizeof(*d->manual));
	d->n_manual = 0;
	for (size_t i = 0; i < w->n_pool; i++)
		if (ipaddr_is_set(&w->pool[i].host.addr))
			d->manual[d->n_manual++] = w->pool[i].host.addr;
}

int dhcpd_apply(struct dhcpd *d, const struct dhcp_wanted *w, uint64_t now_ms)
{
	const struct dnsmasq_hooks hooks = {.line = on_line, .prepare = on_prepare, .ctx = d};
	struct strbuf conf = {0}, options = {0};
	int rc = 0;

	note_manual(d, w);
	dhcpd_options_text(w, &options);
	if (dhcpd_conf_text(w, d->dir, d->lease_dir, &conf)) {
		const struct dnsmasq_file file = {"options", sb_str(&options)};

		if (!d->d)
			d->d = dnsmasq_new(d->set, d->dir, "dhcp", &hooks);
		rc = dnsmasq_make_dir(d->lease_dir);
		if (!rc)
			rc = dnsmasq_apply(d->d, sb_str(&conf), &file, 1, now_ms);
	} else {
		dnsmasq_free(d->d, now_ms);
		d->d = NULL;
	}
	sb_fini(&conf);
	sb_fini(&options);
	return rc;
}

bool dhcpd_info(const struct dhcpd *d, struct child_info *out)
{
	if (!d->d)
		return false;
	dnsmasq_info(d->d, out);
	return true;
}

void dhcpd_free(struct dhcpd *d, uint64_t now_ms)
{
	if (!d)
		return;
	dnsmasq_free(d->d, now_ms);
	drop_forget(d);
	free(d->manual);
	free(d->dir);
	free(d->lease_dir);
	free(d);
}
