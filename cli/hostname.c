/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host as it was typed behind `ping` or `traceroute`: an address, a name of `ip host`, or a name
 * that is looked up while the terminal says so, as on IOS:
 *
 *   Translating "hub1"...domain server (10.0.0.53) [OK]
 */
#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "flexvpn/lookup.h"

enum { SERVERS = 6 };

struct asking {
	struct session *s;
	struct fx_lookup *lookup;
	host_fn fn;
	void *state;
	int family;
	char text[];
};

static void unknown(struct session *s, void *state)
{
	session_printf(s, "%% Unrecognized host or address, or protocol not running.\n\n");
	s->failed = true;
	free(state);
}

static void ended(struct session *s, void *task, bool gone)
{
	struct asking *a = task;

	fx_lookup_stop(a->lookup);
	free(a->state);
	free(a);
	if (gone)
		return;
	session_printf(s, "\n");
	s->failed = true;
	session_go_on(s);
}

/* IPv4 first, where the family is left open. */
static const struct ipaddr *choose(const struct resolver_answer *r)
{
	for (uint8_t i = 0; i < r->n; i++)
		if (r->addr[i].family == AF_INET)
			return &r->addr[i];
	return r->n ? &r->addr[0] : NULL;
}

static void on_answer(void *ctx, const struct resolver_answer *r)
{
	struct asking *a = ctx;
	struct session *s = a->s;
	const struct ipaddr *addr = choose(r);

	if (addr) {
		struct typed_host h = {.text = a->text, .named = true, .addr = *addr};

		session_printf(s, " [OK]\n\n");
		a->fn(s, a->state, &h);
		free(a);
	} else {
		session_printf(s, "\n");
		unknown(s, a->state);
		free(a);
		session_go_on(s);
	}
}

static void ask(struct session *s, const char *text, int family, host_fn fn, void *state)
{
	struct asking *a = xcalloc(1, sizeof(*a) + strlen(text) + 1);
	struct ipaddr server[SERVERS];
	char addr[IPADDR_STRLEN];
	size_t n;

	*a = (struct asking){.s = s, .fn = fn, .state = state, .family = family};
	strcpy(a->text, text);
	a->lookup = fx_lookup_addr(s->sh->router, s->sh->loop, text, family, on_answer, a);
	n = fx_lookup_servers(a->lookup, server, SERVERS);
	session_printf(s, "Translating \"%s\"...domain server", text);
	for (size_t i = 0; i < n; i++)
		session_printf(s, " (%s)", ipaddr_fmt(&server[i], addr));
	session_task(s, ended, a);
}

void session_host(struct session *s, const char *text, int family, host_fn fn, void *state)
{
	struct typed_host h = {.text = text};
	bool is_address = ipaddr_parse(text, &h.addr), one_word = !strpbrk(text, " \t");

	h.named = !is_address && fx_lookup_table(s->sh->router, text, family, &h.addr);
	if (is_address && family && h.addr.family != family)
		unknown(s, state);
	else if (is_address || h.named)
		fn(s, state, &h);
	else if (s->sh->loop && one_word && fx_lookup_enabled(s->sh->router) &&
	         strspn(text, "0123456789.") != strlen(text))
		ask(s, text, family, fn, state);
	else
		unknown(s, state);
}
