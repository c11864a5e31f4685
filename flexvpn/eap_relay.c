/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EAP between peers and RADIUS servers: see eap_relay.h. */
#include "flexvpn/eap_relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/eap_users.h"
#include "flexvpn/hub.h"
#include "ikev2/eap_server.h"

enum { MAX_TALKS = 2048 };

/* One conversation; the newest stands first. */
struct talk {
	struct talk *next;
	uint32_t handle, question, token;
	uint8_t eap_id; /* of the packet that is being answered */
	struct secret user, state;
	struct radius_server first; /* to be named when nobody answers; without its key */
};

struct fx_eap_relay {
	struct talk *talks;
	size_t n;
	uint32_t next_question;
};

struct fx_eap_relay *fx_eap_relay_new(void)
{
	return xcalloc(1, sizeof(struct fx_eap_relay));
}

static void drop(struct fx_eap_relay *r, struct talk *t)
{
	struct talk **at = &r->talks;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	r->n--;
	secret_wipe(&t->user);
	secret_wipe(&t->state);
	free(t);
}

void fx_eap_relay_free(struct fx_eap_relay *r)
{
	while (r && r->talks)
		drop(r, r->talks);
	free(r);
}

static struct talk *talk_of(struct fx_eap_relay *r, uint32_t handle)
{
	struct talk *t = r->talks;

	while (t && t->handle != handle)
		t = t->next;
	return t;
}

static struct talk *talk_begin(struct fx_eap_relay *r, uint32_t handle, struct span user)
{
	struct talk *t = talk_of(r, handle), *oldest = r->talks;

	if (t)
		drop(r, t);
	for (; r->n >= MAX_TALKS && oldest; oldest = oldest->next)
		if (!oldest->next) {
			drop(r, oldest);
			break;
		}
	t = xcalloc(1, sizeof(*t));
	t->handle = handle;
	secret_set(&t->user, user.p, user.n);
	t->next = r->talks;
	r->talks = t;
	r->n++;
	return t;
}

/* ---- out
 * ----------------------------------------------------------------------------------------------------------------
 */

static void refuse(struct fx *x, struct talk *t)
{
	struct ike_eap_said said = {.token = t->token, .verdict = IKE_EAP_REFUSED};
	uint32_t handle = t->handle;
	struct eap_packet p;

	eap_end(EAP_FAILURE, t->eap_id, &p);
	said.packet = span_of(p.b, p.n);
	drop(x->eap_relay, t);
	ike_eap_said(x->ike, handle, &said, x->now);
}

static bool ask(struct fx *x, struct talk *t, const struct ike_event *ev)
{
	struct radius_server server[RADIUS_SERVERS];
	struct radius_question q = {.server = server,
	        .user = secret_span(&t->user),
	        .packet = ev->eap,
	        .state = secret_span(&t->state),
	        .nas = x->cfg->g.hostname ? x->cfg->g.hostname : "Router"};
	char station[IPADDR_STRLEN];
	struct ike_sa_info info;
	struct fx_resolved r;

	if (!x->b.radius.ask || !fx_hub_resolve(x, ev->owner, &r) ||
	        !ike_sa_info(x->ike, ev->handle, &info))
		return false;
	q.station = ipaddr_fmt(&info.remote.addr, station);
	q.n_server = fx_eap_servers(x->cfg, r.profile, server, ARRAY_LEN(server));
	if (!q.n_server)
		return false;
	t->first = server[0];
	t->first.key = (struct span){0};
	t->question = ++x->eap_relay->next_question;
	x->b.radius.ask(x->b.radius.ctx, t->question, &q);
	return true;
}

void fx_eap_relay(struct fx *x, const struct ike_event *ev)
{
	struct talk *t = talk_of(x->eap_relay, ev->handle);
	struct span name;

	if (eap_identity_of(ev->eap, &name) && name.n && !memchr(name.p, '\0', name.n))
		t = talk_begin(x->eap_relay, ev->handle, name);
	else if (!t)
		t = talk_begin(x->eap_relay, ev->handle, span_of("", 0));
	t->token = ev->eap_token;
	t->eap_id = ev->eap.n > 1 ? ev->eap.p[1] : 0;
	if (!t->user.n || !ask(x, t, ev))
		refuse(x, t);
}

/* ---- back
 * ---------------------------------------------------------------------------------------------------------------
 */

static void answered(struct fx *x, struct talk *t, const struct radius_answer *a)
{
	struct ike_eap_said said = {.token = t->token,
	        .verdict = a->code == RADIUS_ACCEPT      ? IKE_EAP_GRANTED
	                   : a->code == RADIUS_CHALLENGE ? IKE_EAP_GOES_ON
	                                                 : IKE_EAP_REFUSED,
	        .packet = span_of(a->packet, a->n_packet),
	        .msk = span_of(a->msk, a->n_msk),
	        .name = span_of(a->user, strlen(a->user))};
	uint32_t handle = t->handle;
	struct eap_packet end;

	if (!a->n_packet) { /* RFC 3579 §2.6.3: a server may leave it out at the end */
		eap_end(a->code == RADIUS_ACCEPT ? EAP_SUCCESS : EAP_FAILURE, t->eap_id, &end);
		said.packet = span_of(end.b, end.n);
		if (a->code == RADIUS_CHALLENGE)
			said.verdict = IKE_EAP_REFUSED;
	}
	if (said.verdict == IKE_EAP_GOES_ON)
		secret_set(&t->state, a->state, a->n_state);
	else
		drop(x->eap_relay, t);
	ike_eap_said(x->ike, handle, &said, x->now);
}

static void take(struct fx *x, const struct radius_answer *a)
{
	struct talk *t = x->eap_relay->talks;
	char text[IPADDR_STRLEN];

	while (t && t->question != a->id)
		t = t->next;
	if (!t)
		return; /* of a conversation that is over */
	if (a->code == RADIUS_SILENT) {
		log_msg(RADIUS_RADIUS_DEAD, ipaddr_fmt(&t->first.addr, text), t->first.port);
		refuse(x, t);
	} else {
		answered(x, t, a);
	}
}

void fx_eap_relay_poll(struct fx *x)
{
	struct radius_answer a;

	while (x->b.radius.poll && x->b.radius.poll(x->b.radius.ctx, &a)) {
		take(x, &a);
		wipe(&a, sizeof(a));
	}
}
