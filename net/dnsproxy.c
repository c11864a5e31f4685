/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Split DNS by dnsmasq: see dnsproxy.h. */
#include "net/dnsproxy.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/dnsmasq.h"

enum { CACHE_ENTRIES = 1000 };

struct list {
	struct list *next;
	struct dnsmasq *d;
	char *name;
	bool wanted;
	uint64_t forwarded, local, answers;
};

struct dnsproxy {
	struct children *set;
	char *dir;
	struct list *head;
};

/* ---- texts --------------------------------------------------------------------------------------
 */

/* File names keep what is harmless in them; the rest is written as octets. */
static void file_name(const char *name, struct strbuf *out)
{
	sb_puts(out, "dns-");
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (isascii(*p) && (isalnum(*p) || *p == '-' || *p == '_'))
			sb_putc(out, (char)*p);
		else
			sb_printf(out, "%%%02x", *p);
}

static void put_path(struct strbuf *out, const char *option, const char *dir, const char *name,
        const char *suffix)
{
	sb_printf(out, "%s=%s/", option, dir);
	file_name(name, out);
	sb_printf(out, ".%s\n", suffix);
}

void dnsproxy_conf_text(const struct dns_list *l, const char *dir, struct strbuf *out)
{
	dnsmasq_conf_head(out, "A DNS view list");
	for (size_t i = 0; i < l->n_dev; i++)
		sb_printf(out, "interface=%s\n", l->dev[i]);
	sb_printf(out, "cache-size=%d\n", CACHE_ENTRIES);
	put_path(out, "servers-file", dir, l->name, "servers");
	put_path(out, "addn-hosts", dir, l->name, "hosts");
}

static void put_server(struct strbuf *out, const char *domain, const struct dns_server *s)
{
	char addr[IPADDR_STRLEN];

	sb_puts(out, "server=");
	if (domain)
		sb_printf(out, "/%s/", domain);
	sb_puts(out, ipaddr_fmt(&s->addr, addr));
	if (s->port && s->port != 53)
		sb_printf(out, "#%u", s->port);
	if (s->dev)
		sb_printf(out, "@%s", s->dev);
	sb_putc(out, '\n');
}

/* Has an earlier view this domain? */
static bool taken(const struct dns_list *l, size_t view, size_t domain)
{
	const char *name = l->view[view].domain[domain];

	for (size_t i = 0; i <= view; i++)
		for (size_t k = 0; k < (i == view ? domain : l->view[i].n_domain); k++)
			if (strcasecmp(l->view[i].domain[k], name) == 0)
				return true;
	return false;
}

/* Names come from peers, too: what is not plainly a name never reaches a file. */
static bool usable(const char *name)
{
	size_t n =
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n && !name[n] && n < 254;
}

void dnsproxy_servers_text(const struct dns_list *l, struct strbuf *out)
{
	bool have_default = false;

	for (size_t i = 0; i < l->n_view; i++) {
		const struct dns_view *v = &l->view[i];

		for (size_t k = 0; k < v->n_domain; k++) {
			if (!usable(v->domain[k]) || taken(l, i, k))
				continue;
			for (size_t s = 0; s < v->n_server; s++)
				put_server(out, v->domain[k], &v->server[s]);
			if (!v->n_server)
				sb_printf(out, "server=/%s/\n", v->domain[k]);
		}
		for (size_t s = 0; !v->n_domain && !have_default && s < v->n_server; s++)
			put_server(out, NULL, &v->server[s]);
		have_default = have_default || !v->n_domain;
	}
}

void dnsproxy_hosts_text(const struct dns_list *l, struct strbuf *out)
{
	char addr[IPADDR_STRLEN];

	for (size_t i = 0; i < l->n_host; i++)
		if (usable(l->host[i].name))
			sb_printf(out, "%s %s\n", ipaddr_fmt(&l->host[i].addr, addr),
			        l->host[i].name);
}

bool dns_domain_of_regex(const char *regex, char *domain, size_t n)
{
	size_t len = 0;
	const char *p = regex;

	if (*p == '^')
		p++;
	if (strncmp(p, ".*", 2) == 0)
		p += 2;
	if (strncmp(p, "\\.", 2) == 0) /* ".*\.example\.com" */
		p += 2;
	else if (*p == '.' && p[1] != '*') /* an unescaped dot in front, as people write it */
		p++;
	for (; *p && strcmp(p, "$") != 0; p++) {
		if (*p == '\\' && (p[1] == '.' || p[1] == '-'))
			p++;
		else if (!isascii((unsigned char)*p) ||
		         (!isalnum((unsigned char)*p) && !strchr("-_.", *p)))
			return false;
		if (len + 1 >= n)
			return false;
		domain[len++] = (char)tolower((unsigned char)*p);
	}
	domain[len] = '\0';
	return len && domain[0] != '.';
}

/* ---- the processes ------------------------------------------------------------------------------
 */

/* The answer to SIGUSR1: "queries forwarded 7, queries answered locally 3". */
static void on_line(void *ctx, const char *line)
{
	struct list *l = ctx;
	unsigned long long forwarded, local;

	if (sscanf(line, "queries forwarded %llu, queries answered locally %llu", &forwarded,
	            &local) != 2)
		return;
	l->forwarded = forwarded;
	l->local = local;
	l->answers++;
}

struct dnsproxy *dnsproxy_new(struct children *set, const char *dir)
{
	struct dnsproxy *p = xcalloc(1, sizeof(*p));

	p->set = set;
	p->dir = xstrdup(dir);
	return p;
}

static struct list *find(const struct dnsproxy *p, const char *name)
{
	for (struct list *l = p->head; l; l = l->next)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

static struct list *need(struct dnsproxy *p, const char *name)
{
	struct list *l = find(p, name);
	struct strbuf file = {0};

	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	l->name = xstrdup(name);
	file_name(name, &file);
	l->d = dnsmasq_new(
	        p->set, p->dir, sb_str(&file), &(struct dnsmasq_hooks){.line = on_line, .ctx = l});
	sb_fini(&file);
	l->next = p->head;
	p->head = l;
	return l;
}

static void drop_unwanted(struct dnsproxy *p, uint64_t now)
{
	for (struct list **at = &p->head; *at;) {
		struct list *l = *at;

		if (l->wanted) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		dnsmasq_free(l->d, now);
		free(l->name);
		free(l);
	}
}

static int apply_list(struct dnsproxy *p, const struct dns_list *v, uint64_t now)
{
	struct list *l = need(p, v->name);
	struct strbuf conf = {0}, servers = {0}, hosts = {0};
	int rc;

	l->wanted = true;
	dnsproxy_conf_text(v, p->dir, &conf);
	dnsproxy_servers_text(v, &servers);
	dnsproxy_hosts_text(v, &hosts);
	const struct dnsmasq_file files[] = {
	        {"servers", sb_str(&servers)}, {"hosts", sb_str(&hosts)}};

	rc = dnsmasq_apply(l->d, sb_str(&conf), files, ARRAY_LEN(files), now);
	sb_fini(&conf);
	sb_fini(&servers);
	sb_fini(&hosts);
	return rc;
}

int dnsproxy_apply(struct dnsproxy *p, const struct dns_list *v, size_t n, uint64_t now_ms)
{
	int rc = 0;

	for (struct list *l = p->head; l; l = l->next)
		l->wanted = false;
	for (size_t i = 0; i < n; i++) {
		int one = v[i].n_dev ? apply_list(p, &v[i], now_ms) : 0;

		rc = rc ? rc : one;
	}
	drop_unwanted(p, now_ms);
	return rc;
}

void dnsproxy_free(struct dnsproxy *p, uint64_t now_ms)
{
	if (!p)
		return;
	dnsproxy_apply(p, NULL, 0, now_ms);
	free(p->dir);
	free(p);
}

bool dnsproxy_status(const struct dnsproxy *p, const char *list, struct dns_status *out)
{
	const struct list *l = find(p, list);
	struct child_info i;

	if (!l)
		return false;
	dnsmasq_info(l->d, &i);
	*out = (struct dns_status){.running = i.state == CHILD_RUNNING,
	        .why = i.why,
	        .pid = i.pid,
	        .starts = i.starts,
	        .forwarded = l->forwarded,
	        .local = l->local,
	        .answers = l->answers};
	return true;
}

void dnsproxy_ask(struct dnsproxy *p)
{
	for (struct list *l = p->head; l; l = l->next)
		dnsmasq_signal(l->d, SIGUSR1);
}
