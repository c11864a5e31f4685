/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_AUTH with EAP, responder (RFC 7296 §2.16). A first request without AUTH asks for it. We prove
 * ourselves first, by certificate and nothing else: what EAP proves of the peer is worth nothing to
 * somebody who may stand in between. Then one EAP packet an exchange, until Success; then AUTH both
 * ways, keyed by the method's MSK, or by SK_p when it has none. What the first request asked for,
 * addresses and a child, is answered with the last one.
 *
 * The questions are asked by a server of ours (eap_server.h), or by one elsewhere, to which the
 * packets are handed: IKE_EV_EAP out, ike_eap_said() in. A request whose answer depends on that one
 * stays unanswered meanwhile.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the EAP server asks of us ------------------------------------------------- */

static void on_random(void *ctx, uint8_t *dst, size_t n)
{
	const struct ike_sa *sa = ctx;

	e_random(sa->ses->e, dst, n);
}

static bool on_password(void *ctx, struct span name, struct secret *out)
{
	const struct ike_sa *sa = ctx;
	const struct ike_ops *o = &sa->ses->e->ops;

	return o->eap_password &&
	       o->eap_password(o->ctx, sa->ses->p.owner, name, out) == IKE_EAP_KNOWN;
}

static bool on_hashed(void *ctx, struct span name)
{
	const struct ike_sa *sa = ctx;
	const struct ike_ops *o = &sa->ses->e->ops;
	struct secret none = {0};
	bool hashed = o->eap_password &&
	              o->eap_password(o->ctx, sa->ses->p.owner, name, &none) == IKE_EAP_HASHED;

	secret_wipe(&none);
	return hashed;
}

static bool on_check(void *ctx, struct span name, struct span password)
{
	const struct ike_sa *sa = ctx;
	const struct ike_ops *o = &sa->ses->e->ops;

	return o->eap_check && o->eap_check(o->ctx, sa->ses->p.owner, name, password);
}

static void on_debug(void *ctx, const char *text)
{
	const struct ike_sa *sa = ctx;

	ike_dbg(sa->ses->e, sa->ses, 0, "%s", text);
}

static struct eap_server *new_server(struct ike_sa *sa, struct span identity)
{
	struct eap_server_ops ops = {.ctx = sa,
	        .random = on_random,
	        .password = on_password,
	        .check = on_check,
	        .hashed = on_hashed,
	        .debug = on_debug};

	return eap_server_new(&ops, identity);
}

/* ---- answers -------------------------------------------------------------------------- */

static void note_user(struct ike_sa *sa, struct span name, uint8_t method)
{
	struct session *s = sa->ses;

	s->eap_method = method;
	if (name.n)
		secret_set(&s->eap_name, name.p, name.n);
}

static void refused(struct ike_sa *sa, struct ike_build *b, struct after *after)
{
	ike_dbg(sa->ses->e, sa->ses, 1, "EAP ended without success");
	auth_refuse(sa, b, after, IKE_R_EAP);
}

static void step(struct ike_sa *sa, enum eap_verdict v, struct eap_packet *out, struct ike_build *b,
        struct after *after)
{
	struct handshake *h = sa->hs;
	struct span msk = eap_server_msk(h->server);

	note_user(sa, eap_server_name(h->server), eap_server_method(h->server));
	ike_put_payload(b, PL_EAP, span_of(out->b, out->n));
	eap_packet_wipe(out);
	if (v == EAP_GRANTED) {
		secret_set(&h->msk, msk.p, msk.n);
		h->round = ROUND_PROOF;
	} else if (v == EAP_REFUSED) {
		refused(sa, b, after);
	}
}

/* ---- a server elsewhere ------------------------------------------------------------------ */

static void hand_over(struct ike_sa *sa, uint32_t id, struct span packet, struct after *after)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct ev_node *n = e_event(s, IKE_EV_EAP);

	n->eap = xmemdup(packet.p, packet.n);
	n->ev.eap = span_of(n->eap, packet.n);
	h->late_id = id;
	h->late = n->ev.eap_token = ++s->e->next_token;
	after->what = AFTER_LATER;
	ike_dbg(s->e, s, 0, "Sending EAP message to AAA");
}

/* The type of a request or response is the method, unless it is one of EAP's own (RFC 3748 §5). */
static void note_method(struct ike_sa *sa, struct span packet)
{
	enum { T_NAK = 3 };

	if (packet.n > EAP_HDR && packet.p[EAP_HDR] > T_NAK)
		sa->ses->eap_method = packet.p[EAP_HDR];
}

static void take_said(struct ike_sa *sa, const struct ike_eap_said *said, struct ike_build *b,
        struct after *after)
{
	struct handshake *h = sa->hs;

	if (said->packet.n)
		ike_put_payload(b, PL_EAP, said->packet);
	note_method(sa, said->packet);
	if (said->verdict == IKE_EAP_GRANTED) {
		note_user(sa, said->name, sa->ses->eap_method);
		secret_set(&h->msk, said->msk.p, said->msk.n);
		h->round = ROUND_PROOF;
	} else if (said->verdict == IKE_EAP_REFUSED) {
		refused(sa, b, after);
	}
}

/* ---- ours -------------------------------------------------------------------------------- */

static bool put_ours(struct ike_sa *sa, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;

	if (!sa->hs->unproved)
		return true;
	sa->hs->unproved = false;
	ike_put_id(b, PL_IDr, &s->p.local_id);
	auth_put_certs(sa, b);
	if (auth_put(sa, b))
		return true;
	ike_dbg(s->e, s, 1, "No key to authenticate with");
	auth_refuse(sa, b, after, IKE_R_INTERNAL);
	return false;
}

bool eap_r_said(struct ike_sa *sa, const struct ike_eap_said *said)
{
	struct after after = {AFTER_NOTHING, IKE_R_NONE, 0};
	struct ike_build b;

	if (!sa->hs || !sa->hs->late || sa->hs->late != said->token)
		return false;
	uint32_t id = sa->hs->late_id;

	sa->hs->late = 0;
	msg_begin(sa, &b, EXCH_AUTH, id, true);
	if (put_ours(sa, &b, &after))
		take_said(sa, said, &b, &after);
	exchange_answer_late(sa, id, &b, &after);
	ike_build_fini(&b);
	return true;
}

/* ---- requests ------------------------------------------------------------------------------ */

bool eap_r_asked(const struct ike_sa *sa, const struct ike_msg *m)
{
	return !ike_msg_find(m, PL_AUTH) && auth_may_use(&sa->ses->p, IKE_AUTH_EAP);
}

/* An identity that is a name; addresses "cannot be used as the username" (the guide). */
static struct span own_name(const struct session *s)
{
	const struct ike_id *id = &s->remote_id;
	bool text = id->type == ID_FQDN || id->type == ID_RFC822_ADDR || id->type == ID_KEY_ID;

	return span_of(id->data, text ? id->len : 0);
}

static bool may_begin(struct ike_sa *sa)
{
	struct session *s = sa->ses;

	if (!auth_signs(&s->p)) {
		ike_dbg(s->e, s, 1,
		        "EAP is refused: who asks for it must authenticate itself by certificate");
		return false;
	}
	if (s->p.eap_query_identity || own_name(s).n)
		return true;
	ike_dbg(s->e, s, 1,
	        "EAP is refused: an address cannot be the user name, and the profile does not ask "
	        "for another (query-identity)");
	return false;
}

/* With a server elsewhere the question for the name is ours all the same: that server begins with
 * the answer. */
static void begin_elsewhere(
        struct ike_sa *sa, uint32_t id, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct eap_packet p;

	if (s->p.eap_query_identity) {
		if (!put_ours(sa, b, after))
			return;
		eap_identity_ask(1, &p);
		ike_put_payload(b, PL_EAP, span_of(p.b, p.n));
		return;
	}
	note_user(sa, own_name(s), 0);
	eap_identity_make(1, own_name(s), &p);
	hand_over(sa, id, span_of(p.b, p.n), after);
}

void eap_r_begin(struct ike_sa *sa, uint32_t id, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct eap_packet out;

	if (!may_begin(sa)) {
		auth_refuse(sa, b, after, IKE_R_EAP);
		return;
	}
	h->round = ROUND_EAP;
	sa->drop_at = s->e->now + s->p.eap_timeout_s * 1000ull;
	if (s->p.eap_elsewhere) {
		begin_elsewhere(sa, id, b, after);
		return;
	}
	if (!put_ours(sa, b, after))
		return;
	h->server = new_server(sa, own_name(s));
	step(sa, eap_server_start(h->server, s->p.eap_query_identity, &out), &out, b, after);
}

static void talk(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	const struct ike_pl *eap = ike_msg_find(m, PL_EAP);
	struct eap_packet out;
	struct span name;

	if (!eap) {
		refused(sa, b, after);
		return;
	}
	if (sa->hs->server) {
		step(sa, eap_server_rx(sa->hs->server, eap->body, &out), &out, b, after);
		return;
	}
	if (eap_identity_of(eap->body, &name))
		note_user(sa, name, 0);
	hand_over(sa, m->h.id, eap->body, after);
}

/* The last request: AUTH by the key of the method, answered in kind. */
static void prove(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;

	if (auth_check_eap(sa, m) != IKE_R_NONE) {
		ike_dbg(s->e, s, 1, "Verification of peer's authentication data FAILED");
		auth_refuse(sa, b, after, IKE_R_PEER_AUTH_FAILED);
		return;
	}
	s->p.remote_auth = IKE_AUTH_EAP;
	h->stage = EAP_PROVING;
	if (!auth_put(sa, b)) {
		auth_refuse(sa, b, after, IKE_R_INTERNAL);
		return;
	}
	auth_conclude(sa, b, after);
}

void eap_r_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	if (sa->hs->round == ROUND_PROOF)
		prove(sa, m, b, after);
	else
		talk(sa, m, b, after);
}
