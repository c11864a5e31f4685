/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_AUTH with EAP, initiator (RFC 7296 §2.16). The first request has no AUTH payload; the answer
 * authenticates the hub, by its certificate, before anything of ours is said. Then one EAP packet
 * an exchange, until Success; then AUTH both ways, keyed by the method's MSK, or by SK_p when it
 * has none.
 *
 * When name or password must be asked of a person, no request is out: the SA waits until
 * ike_eap_resume(), or for CREDENTIALS_MS.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the EAP peer asks of us ------------------------------------------------- */

static void on_random(void *ctx, uint8_t *dst, size_t n)
{
	const struct ike_sa *sa = ctx;

	e_random(sa->ses->e, dst, n);
}

static enum ike_creds on_credentials(
        void *ctx, const struct ike_creds_ask *ask, struct secret *name, struct secret *password)
{
	struct ike_sa *sa = ctx;
	const struct ike_ops *o = &sa->ses->e->ops;

	sa->hs->ask = *ask;
	return o->credentials ? o->credentials(o->ctx, sa->ses->p.owner, ask, name, password)
	                      : IKE_CREDS_NONE;
}

static void on_debug(void *ctx, const char *text)
{
	const struct ike_sa *sa = ctx;

	ike_dbg(sa->ses->e, sa->ses, 0, "%s", text);
}

/* The guide: addresses "cannot be used as the username for the EAP authentication method", so with
 * one as identity the server must ask for a name. */
static struct eap_peer *new_peer(struct ike_sa *sa)
{
	struct eap_peer_ops ops = {
	        .ctx = sa, .random = on_random, .credentials = on_credentials, .debug = on_debug};
	const struct ike_id *id = &sa->ses->p.local_id;
	bool text = id->type == ID_FQDN || id->type == ID_RFC822_ADDR || id->type == ID_KEY_ID;

	return eap_peer_new(&ops, span_of(id->data, text ? id->len : 0), sa->ses->p.eap_method);
}

/* ---- requests ---------------------------------------------------------------------- */

static struct request *begin(struct ike_sa *sa)
{
	return req_new(sa, REQ_AUTH, EXCH_AUTH);
}

static void note_method(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct span name = eap_peer_name(sa->hs->eap);

	s->eap_method = eap_peer_method(sa->hs->eap);
	if (name.n)
		secret_set(&s->eap_name, name.p, name.n);
}

static void send_packet(struct ike_sa *sa, const struct eap_packet *p)
{
	struct request *r = begin(sa);

	note_method(sa);
	ike_put_payload(&r->b, PL_EAP, span_of(p->b, p->n));
	ike_dbg(sa->ses->e, sa->ses, 0, "Generating EAP response");
	req_send(sa, r);
}

static void send_proof(struct ike_sa *sa)
{
	struct request *r = begin(sa);
	struct session *s = sa->ses;

	sa->hs->stage = EAP_PROVING;
	if (!auth_put(sa, &r->b)) {
		req_free(r);
		auth_give_up(sa, IKE_R_INTERNAL, 0);
		return;
	}
	ike_dbg(s->e, s, 0, "EAP succeeded, sending AUTH");
	req_send(sa, r);
}

static void wait_for_person(struct ike_sa *sa)
{
	struct session *s = sa->ses;

	sa->drop_at = s->e->now + CREDENTIALS_MS;
	e_event(s, IKE_EV_CREDENTIALS)->ev.ask = sa->hs->ask;
	ike_dbg(s->e, s, 0, "Waiting for EAP credentials");
}

static void step(struct ike_sa *sa, enum eap_result r, struct eap_packet *out)
{
	struct session *s = sa->ses;

	if (r != EAP_WAIT)
		sa->drop_at = IKE_NEVER;
	switch (r) {
	case EAP_SEND:
		send_packet(sa, out);
		break;
	case EAP_WAIT:
		wait_for_person(sa);
		break;
	case EAP_DONE:
		send_proof(sa);
		break;
	case EAP_FAILED:
		ike_dbg(s->e, s, 1, "EAP ended without success");
		s->e->n.auth_failed++;
		auth_give_up(sa, IKE_R_EAP, 0);
		break;
	}
	eap_packet_wipe(out);
}

bool eap_resume(struct ike_sa *sa)
{
	struct eap_packet out;

	if (!sa->hs || sa->hs->stage != EAP_TALKING || sa->out || sa->drop_at == IKE_NEVER)
		return false;
	step(sa, eap_peer_resume(sa->hs->eap, &out), &out);
	return true;
}

/* ---- answers ----------------------------------------------------------------------- */

void eap_start(struct ike_sa *sa)
{
	sa->hs->stage = EAP_ASKED;
	sa->hs->eap = new_peer(sa);
}

void eap_start_second(struct ike_sa *sa)
{
	struct request *r = begin(sa);

	eap_start(sa);
	ike_put_id(&r->b, PL_IDi, &sa->ses->p.local_id);
	ike_dbg(sa->ses->e, sa->ses, 0, "Generating IKE_AUTH message for a second authentication");
	req_send(sa, r);
}

/* The guide: "the remote authentication method must be certificate based". Who is not the hub we
 * want hears neither name nor password. A second authentication has that behind it. */
static bool hub_proved(struct ike_sa *sa, const struct ike_msg *m)
{
	enum ike_reason why = sa->hs->another ? IKE_R_NONE : auth_check(sa, m);

	if (why != IKE_R_NONE) {
		sa->ses->e->n.auth_failed++;
		auth_give_up(sa, why, N_AUTHENTICATION_FAILED);
		return false;
	}
	sa->hs->stage = EAP_TALKING;
	return true;
}

static bool server_gave_up(const struct ike_pl *eap)
{
	return eap && eap->body.p[0] == EAP_FAILURE;
}

/* The server has ended it: there is nothing to delete. */
static void on_failure(struct ike_sa *sa, uint16_t notify)
{
	struct session *s = sa->ses;

	ike_dbg(s->e, s, 1, "EAP failure");
	s->e->n.auth_failed++;
	session_down(s, IKE_R_EAP, notify);
}

static void on_proof(struct ike_sa *sa, const struct ike_msg *m)
{
	enum ike_reason why = auth_check_eap(sa, m);

	if (why == IKE_R_NONE) {
		auth_finish(sa, m);
		return;
	}
	ike_dbg(sa->ses->e, sa->ses, 1, "Verification of peer's authentication data FAILED");
	sa->ses->e->n.auth_failed++;
	auth_give_up(sa, why, N_AUTHENTICATION_FAILED);
}

void eap_response(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	const struct ike_pl *eap = ike_msg_find(m, PL_EAP);
	struct ike_pl_notify n = {0};
	struct eap_packet out;

	if (server_gave_up(eap)) {
		on_failure(sa, ike_msg_error(m, &n) ? n.type : 0);
		return;
	}
	if (sa->hs->stage == EAP_PROVING && ike_msg_find(m, PL_AUTH)) {
		on_proof(sa, m);
		return;
	}
	if (ike_msg_error(m, &n)) {
		session_down(s, reason_of_notify(n.type), n.type);
		return;
	}
	if (!eap || sa->hs->stage == EAP_PROVING) {
		auth_give_up(sa, IKE_R_SYNTAX, 0);
		return;
	}
	if (sa->hs->stage == EAP_ASKED && !hub_proved(sa, m))
		return;
	ike_dbg(s->e, s, 0, "Processing EAP request");
	step(sa, eap_peer_rx(sa->hs->eap, eap->body, &out), &out);
}
