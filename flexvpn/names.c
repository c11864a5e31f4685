/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that the router looks up: see names.h. */
#include "flexvpn/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flexvpn/doors.h"
#include "flexvpn/services.h"

/* An answer that the configuration gave. */
struct fx_known_name {
	struct fx_known_name *next;
	struct resolver_answer answer;
};

static void add_known(struct fx *x, const struct resolver_answer *a)
{
	struct fx_known_name **at = &x->known_names, *k = xcalloc(1, sizeof(*k));

	while (*at)
		at = &(*at)->next;
	k->answer = *a;
	*at = k;
}

static void take_known(struct fx *x, struct fx_known_name **at, struct resolver_answer *out)
{
	struct fx_known_name *k = *at;

	(void)x;
	if (out)
		*out = k->answer;
	*at = k->next;
	free(k);
}

/* `ip host`, and what needs no answer at all. */
static bool known(struct fx *x, uint32_t id, const char *name, int family)
{
	const struct fx_dns_view *v = fx_find_dns_view(x->cfg, "default");
	struct resolver_answer a = {.id = id, .why = "domain lookup is disabled"};

	for (size_t i = 0; i < x->cfg->dns_hosts.n && a.n < RESOLVER_MAX_ADDRS; i++) {
		const struct fx_dns_host *h = &x->cfg->dns_hosts.v[i];

		if (h->addr.family == family && strcasecmp(h->name, name) == 0)
			a.addr[a.n++] = h->addr;
	}
	if (!a.n && !(v && v->no_lookup))
		return false;
	add_known(x, &a);
	return true;
}

static void leave_from(
        const struct fx *x, struct resolver_question *q, const struct fx_name_from *from)
{
	struct ipaddr a;

	if (from->addr.family == AF_INET)
		q->from4 = from->addr;
	if (from->addr.family == AF_INET6)
		q->from6 = from->addr;
	if (from->addr.family || !from->interface)
		return;
	if (fx_interface_address(x, from->interface, AF_INET, &a))
		q->from4 = a;
	if (fx_interface_address(x, from->interface, AF_INET6, &a))
		q->from6 = a;
}

/* In a VRF; a VRF without name servers of its own asks the global ones, by way of its table. */
static void ask_in_vrf(struct fx *x, struct resolver_question *q, const struct fx_name_from *from)
{
	if (from->vrf && fx_vrf_device(x, from->vrf, from->interface ? from->interface->name : NULL,
	                         q->device))
		q->n_server = (uint8_t)fx_vrf_servers(
		        x->cfg, from->vrf, q->server, RESOLVER_MAX_SERVERS);
}

static void ask_whom(const struct fx *x, struct resolver_question *q)
{
	const struct fx_dns_view *v = fx_find_dns_view(x->cfg, "default");

	bool in_vrf = q->n_server > 0;

	if (!v)
		return;
	for (uint8_t i = 0; !in_vrf && i < v->n_server && q->n_server < RESOLVER_MAX_SERVERS; i++)
		q->server[q->n_server++] = v->server[i];
	for (uint8_t i = 0; i < v->n_list && q->n_domain < RESOLVER_MAX_DOMAINS; i++)
		q->domain[q->n_domain++] = v->list[i];
	if (!q->n_domain && v->domain)
		q->domain[q->n_domain++] = v->domain;
}

uint32_t fx_name_ask(struct fx *x, const char *name, int family, const struct fx_name_from *from)
{
	if (++x->next_question == 0)
		x->next_question = 1;
	struct resolver_question q = {.name = name, .family = family};
	uint32_t id = x->next_question;

	if (known(x, id, name, family))
		return id;
	leave_from(x, &q, from);
	ask_in_vrf(x, &q, from);
	ask_whom(x, &q);
	x->b.names.ask(x->b.names.ctx, id, &q);
	return id;
}

void fx_name_cancel(struct fx *x, uint32_t question)
{
	if (!question)
		return;
	for (struct fx_known_name **at = &x->known_names; *at; at = &(*at)->next)
		if ((*at)->answer.id == question) {
			take_known(x, at, NULL);
			return;
		}
	x->b.names.cancel(x->b.names.ctx, question);
}

bool fx_names_poll(struct fx *x, struct resolver_answer *out)
{
	if (x->known_names) {
		take_known(x, &x->known_names, out);
		return true;
	}
	return x->b.names.poll && x->b.names.poll(x->b.names.ctx, out);
}

bool fx_names_ready(const struct fx *x)
{
	return x->known_names != NULL;
}

void fx_names_free(struct fx *x)
{
	while (x->known_names)
		take_known(x, &x->known_names, NULL);
}
