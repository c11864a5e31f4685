/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proof of identity in IKE_AUTH (RFC 7296 §2.15, §2.16; RFC 7427): the AUTH payload by shared key,
 * by signature, or by what EAP has left behind, with the CERT and CERTREQ payloads that go with
 * it; ours made, the peer's checked. What a certificate is worth is for the caller of the engine
 * to say.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

#include "ikev2/cert.h"
#include "ikev2/sig.h"

static bool signs(enum ike_auth a)
{
	return a == IKE_AUTH_RSA || a == IKE_AUTH_ECDSA;
}

bool auth_signs(const struct ike_peering *p)
{
	return signs(p->local_auth);
}

bool auth_may_use(const struct ike_peering *p, enum ike_auth a)
{
	return p->remote_auths ? p->remote_auths & 1u << a : p->remote_auth == a;
}

static bool may_sign(const struct ike_peering *p)
{
	return auth_may_use(p, IKE_AUTH_RSA) || auth_may_use(p, IKE_AUTH_ECDSA);
}

bool auth_uses_certs(const struct ike_peering *p)
{
	return signs(p->local_auth) || may_sign(p);
}

/* ---- what one side signs ---------------------------------------------------------- */

/* Its IKE_SA_INIT message, the nonce of the other side, and the key for prf(SK_p, ID'). */
struct proof {
	struct span message, nonce;
	const struct secret *sk_p;
	struct span id_body;
	struct span tail; /* IntAuth, a view of `octets` */
	uint8_t octets[INTAUTH_MAX];
};

static void proof_of(
        const struct ike_sa *sa, bool of_initiator, struct span id_body, struct proof *p)
{
	const struct handshake *h = sa->hs;

	if (of_initiator) {
		p->message = span_of(h->init_i, h->init_i_n);
		p->nonce = nonce_span(&h->nr);
		p->sk_p = &sa->keys.pi;
	} else {
		p->message = span_of(h->init_r, h->init_r_n);
		p->nonce = nonce_span(&h->ni);
		p->sk_p = &sa->keys.pr;
	}
	p->id_body = id_body;
	p->tail = intermediate_auth(sa, p->octets);
}

/* message ‖ nonce ‖ prf(SK_p, ID') ‖ IntAuth */
static bool proof_octets(uint16_t prf, const struct proof *p, struct secret *out)
{
	uint8_t mac[IKE_PRF_MAX], *at;
	size_t n = ike_prf_len(prf);

	if (!ike_prf(prf, secret_span(p->sk_p), &p->id_body, 1, mac))
		return false;
	at = secret_reserve(out, p->message.n + p->nonce.n + n + p->tail.n);
	memcpy(at, p->message.p, p->message.n);
	memcpy(at + p->message.n, p->nonce.p, p->nonce.n);
	memcpy(at + p->message.n + p->nonce.n, mac, n);
	if (p->tail.n)
		memcpy(at + p->message.n + p->nonce.n + n, p->tail.p, p->tail.n);
	return true;
}

/* ---- hashes, certificates, authorities ---------------------------------------------- */

/* RFC 7427 §4: a responder answers an announcement, and does not begin one. */
void auth_put_hashes(struct session *s, struct ike_build *b)
{
	uint8_t hashes[IKE_SIG_HASHES_LEN];
	const struct handshake *h = s->current ? s->current->hs : NULL;

	if (!auth_uses_certs(&s->p) || (!s->initiator && (!h || !h->hashes)))
		return;
	ike_sig_announce(hashes);
	ike_put_notify(b, N_SIGNATURE_HASH_ALGORITHMS, span_of(hashes, sizeof(hashes)));
}

void auth_read_hashes(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (ike_msg_notify(m, N_SIGNATURE_HASH_ALGORITHMS, &n))
		sa->hs->hashes = ike_sig_hashes(n.data);
}

void auth_read_certreq(struct ike_sa *sa, const struct ike_msg *m)
{
	uint8_t ids[MAX_CERTREQ];
	size_t n = signs(sa->ses->p.local_auth) ? ike_msg_certreq(m, ids, sizeof(ids)) : 0;
	struct ike_pl_notify lookup;

	sa->hs->wants_urls |= ike_msg_notify(m, N_HTTP_CERT_LOOKUP_SUPPORTED, &lookup);
	if (!n)
		return;
	free(sa->hs->certreq);
	sa->hs->certreq = xmemdup(ids, n);
	sa->hs->n_certreq = n;
}

static bool by_url(const struct session *s)
{
	return s->e->ops.by_url && s->e->ops.by_url(s->e->ops.ctx);
}

void auth_put_certreq(struct session *s, struct ike_build *b)
{
	const struct ike_ops *o = &s->e->ops;
	uint8_t ids[MAX_CERTREQ];
	size_t n;

	if (!may_sign(&s->p) || !o->authorities)
		return;
	n = o->authorities(o->ctx, s->p.owner, ids, sizeof(ids));
	if (n)
		ike_put_certreq(b, span_of(ids, n));
	if (n && by_url(s))
		ike_put_notify(b, N_HTTP_CERT_LOOKUP_SUPPORTED, span_of(NULL, 0));
}

static bool own_certs(
        struct ike_sa *sa, struct ike_certs *out, enum ike_key_type *key, unsigned *bits)
{
	const struct ike_ops *o = &sa->ses->e->ops;
	struct span wanted = span_of(sa->hs->certreq, sa->hs->n_certreq);

	*out = (struct ike_certs){0};
	return o->own_certs && o->own_certs(o->ctx, sa->ses->p.owner, wanted, out, key, bits);
}

void auth_put_certs(struct ike_sa *sa, struct ike_build *b)
{
	enum ike_key_type key;
	struct ike_certs c;
	unsigned bits;

	if (!signs(sa->ses->p.local_auth) || !own_certs(sa, &c, &key, &bits))
		return;
	for (size_t i = 0; i < c.n; i++)
		if (c.url[i].n && sa->hs->wants_urls)
			ike_put_cert_url(b, c.der[i], c.url[i]);
		else
			ike_put_cert(b, c.der[i]);
}

/* ---- ours ------------------------------------------------------------------------- */

static bool put_shared(
        struct ike_sa *sa, const struct proof *p, const struct secret *key, struct ike_build *b)
{
	uint8_t out[IKE_PRF_MAX];
	size_t n = ike_auth_psk(
	        sa->suite.prf, key, p->message, p->nonce, p->sk_p, p->id_body, p->tail, out);

	if (!n)
		return false;
	ike_put_auth(b, IKE_METHOD_PSK, span_of(out, n));
	wipe(out, sizeof(out));
	return true;
}

/* RFC 5723 §5.1: AUTH = prf(SK_p, what is signed). 0: failed. */
static size_t resumed_mac(const struct ike_sa *sa, const struct proof *p, uint8_t out[IKE_PRF_MAX])
{
	struct secret octets = {0};
	bool ok = proof_octets(sa->suite.prf, p, &octets);
	struct span all = secret_span(&octets);

	ok = ok && ike_prf(sa->suite.prf, secret_span(p->sk_p), &all, 1, out);
	secret_wipe(&octets);
	return ok ? ike_prf_len(sa->suite.prf) : 0;
}

static bool put_resumed(struct ike_sa *sa, const struct proof *p, struct ike_build *b)
{
	uint8_t out[IKE_PRF_MAX];
	size_t n = resumed_mac(sa, p, out);

	if (n)
		ike_put_auth(b, IKE_METHOD_PSK, span_of(out, n));
	wipe(out, sizeof(out));
	return n;
}

static enum ike_reason check_resumed(
        struct ike_sa *sa, const struct proof *p, const struct ike_pl_auth *a)
{
	uint8_t out[IKE_PRF_MAX];
	size_t n = resumed_mac(sa, p, out);
	bool ok = n && a->method == IKE_METHOD_PSK && a->data.n == n && ct_equal(a->data.p, out, n);

	wipe(out, sizeof(out));
	if (!ok)
		return IKE_R_PEER_AUTH_FAILED;
	if (resume_identity_good(sa) != IKE_R_NONE)
		return IKE_R_PEER_ID;
	resume_done(sa);
	return IKE_R_NONE;
}

/* RFC 7296 §2.16: the key of the method, or SK_p of the side that signs when there is none. */
static void eap_key(const struct ike_sa *sa, const struct secret *sk_p, struct secret *out)
{
	struct span msk = sa->initiator ? eap_peer_msk(sa->hs->eap) : secret_span(&sa->hs->msk);

	if (msk.n)
		secret_set(out, msk.p, msk.n);
	else
		secret_copy(out, sk_p);
}

static bool put_eap(struct ike_sa *sa, const struct proof *p, struct ike_build *b)
{
	struct secret key = {0};

	eap_key(sa, p->sk_p, &key);
	bool ok = put_shared(sa, p, &key, b);

	secret_wipe(&key);
	return ok;
}

static bool put_signature(struct ike_sa *sa, const struct proof *p, struct ike_build *b)
{
	struct session *s = sa->ses;
	const struct ike_ops *o = &s->e->ops;
	struct secret octets = {0}, sig = {0};
	const struct ike_sig_scheme *scheme = NULL;
	enum ike_key_type key;
	struct ike_certs c;
	unsigned bits;

	if (own_certs(sa, &c, &key, &bits))
		scheme = ike_sig_choose(key, bits, sa->hs->hashes);
	bool ok = scheme && o->sign && proof_octets(sa->suite.prf, p, &octets) &&
	          o->sign(o->ctx, s->p.owner, scheme, secret_span(&octets), &sig);

	if (ok) {
		ike_dbg(s->e, s, 0, "My authentication method is '%s'", scheme->name);
		ike_put_auth(b, scheme->method, secret_span(&sig));
	} else if (!c.n) {
		ike_dbg(s->e, s, 1, "There is no certificate of ours to authenticate with");
	}
	secret_wipe(&octets);
	secret_wipe(&sig);
	return ok;
}

static bool prove(struct ike_sa *sa, struct ike_build *b)
{
	struct session *s = sa->ses;
	uint8_t body[IKE_ID_BODY_MAX];
	struct span id = span_of(body, ike_id_body(&s->p.local_id, body));
	struct proof p;

	proof_of(sa, sa->initiator, id, &p);
	if (sa->hs->resuming)
		return put_resumed(sa, &p, b);
	if (sa->hs->stage == EAP_PROVING)
		return put_eap(sa, &p, b);
	if (signs(s->p.local_auth))
		return put_signature(sa, &p, b);
	if (s->p.local_auth != IKE_AUTH_PSK)
		return false;
	ike_dbg(s->e, s, 0, "My authentication method is 'PSK'");
	return put_shared(sa, &p, &s->p.local_psk, b);
}

/* The proof by the keys without the post-quantum one: the same AUTH payload, of which the notify
 * takes the data (RFC 8784 §3). */
static bool put_other_proof(struct ike_sa *sa, struct ike_build *b)
{
	struct ike_hdr h = {.exchange = EXCH_AUTH};
	enum { METHOD = 4 };
	struct ike_build other;
	uint8_t first;
	bool ok;

	ike_build_init(&other, &h);
	ppk_swap(sa);
	ok = prove(sa, &other);
	ppk_swap(sa);
	if (ok) {
		struct span body = ike_build_inner(&other, &first);
		size_t head = IKE_PL_HDR_LEN + METHOD;

		ike_put_notify(b, N_NO_PPK_AUTH, span_of(body.p + head, body.n - head));
	}
	ike_build_fini(&other);
	return ok;
}

bool auth_put(struct ike_sa *sa, struct ike_build *b)
{
	if (!prove(sa, b))
		return false;
	if (!sa->initiator || sa->hs->stage == EAP_PROVING || sa->hs->resuming)
		return true;
	ppk_put_identity(sa, b);
	return !ppk_wants_both(sa) || put_other_proof(sa, b);
}

/* ---- the peer's -------------------------------------------------------------------- */

static bool key_of_peer(struct session *s, struct secret *out)
{
	const struct ike_ops *o = &s->e->ops;
	struct secret local = {0};
	bool ok = true;

	if (o->psk)
		ok = o->psk(o->ctx, s->p.owner, &s->remote, &s->remote_id, out, &local);
	else
		secret_copy(out, &s->p.remote_psk);
	if (!s->p.local_psk.n && local.n)
		secret_copy(&s->p.local_psk, &local);
	secret_wipe(&local);
	return ok && out->n;
}

static bool shared_good(
        struct ike_sa *sa, const struct proof *p, const struct secret *key, struct span data)
{
	return ike_auth_psk_check(
	        sa->suite.prf, key, p->message, p->nonce, p->sk_p, p->id_body, p->tail, data);
}

static enum ike_reason check_psk(struct ike_sa *sa, const struct proof *p, struct span data)
{
	struct secret key = {0};
	bool ok = key_of_peer(sa->ses, &key) && shared_good(sa, p, &key, data);

	secret_wipe(&key);
	return ok ? IKE_R_NONE : IKE_R_PEER_AUTH_FAILED;
}

/* First whether the certificate is worth anything, then whether its key has signed. */
static enum ike_reason check_signature(struct ike_sa *sa, const struct ike_msg *m,
        const struct proof *p, const struct ike_pl_auth *a)
{
	struct session *s = sa->ses;
	const struct ike_ops *o = &s->e->ops;
	struct secret octets = {0};
	enum ike_key_type type = IKE_KEY_NONE;
	struct ike_certs certs;
	struct ike_spki key;
	char why[200] = "there is none";

	if (!ike_msg_certs(m, by_url(s), &certs) || !o->trust ||
	        !o->trust(o->ctx, s->p.owner, &s->remote_id, &certs, &key, why, sizeof(why))) {
		ike_dbg(s->e, s, 1, "The peer's certificate is not accepted: %s", why);
		return IKE_R_CERT;
	}
	bool ok = proof_octets(sa->suite.prf, p, &octets) &&
	          ike_sig_verify(&key, a->method, a->data, secret_span(&octets), &type);

	secret_wipe(&octets);
	s->p.remote_auth =
	        type == IKE_KEY_RSA || type == IKE_KEY_RSA_PSS ? IKE_AUTH_RSA : IKE_AUTH_ECDSA;
	return ok && auth_may_use(&s->p, s->p.remote_auth) ? IKE_R_NONE : IKE_R_PEER_AUTH_FAILED;
}

static enum ike_reason check_method(struct ike_sa *sa, const struct ike_msg *m, struct span id_body)
{
	const struct ike_pl *au = ike_msg_find(m, PL_AUTH);
	struct session *s = sa->ses;
	struct ike_pl_auth a;
	struct proof p;

	proof_of(sa, !sa->initiator, id_body, &p);
	if (!au || !ike_get_auth(au, &a))
		return IKE_R_PEER_AUTH_FAILED;
	if (sa->hs->resuming)
		return check_resumed(sa, &p, &a);
	if (sa->initiator ? !ppk_read_answer(sa, m) : !ppk_choose(sa, m, &a.data))
		return IKE_R_PPK;
	if (a.method == IKE_METHOD_PSK && auth_may_use(&s->p, IKE_AUTH_PSK)) {
		s->p.remote_auth = IKE_AUTH_PSK;
		return check_psk(sa, &p, a.data);
	}
	if (a.method != IKE_METHOD_PSK && may_sign(&s->p))
		return check_signature(sa, m, &p, &a);
	ike_dbg(s->e, s, 1, "The peer's authentication method %u is not one of the profile",
	        a.method);
	return IKE_R_PEER_AUTH_FAILED;
}

bool auth_must_wait(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	const struct ike_ops *o = &s->e->ops;
	struct ike_certs certs;

	s->certs_wait = o->certs_ready && may_sign(&s->p) && ike_msg_certs(m, by_url(s), &certs) &&
	                certs.n && !o->certs_ready(o->ctx, s->p.owner, &certs);
	if (s->certs_wait)
		ike_dbg(s->e, s, 0, "The peer's certificates cannot be judged yet");
	return s->certs_wait;
}

/* The peering that its identity chooses. The window is known to the peer only later, but requests
 * are already counted by it. */
static bool identified(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	const struct ike_ops *o = &s->e->ops;
	const struct ike_pl *idr = ike_msg_find(m, PL_IDr);
	struct ike_id expected = {.type = ID_NONE};
	struct ike_peering p = {0};
	uint32_t window = s->p.window;

	if (sa->initiator || !o->identify)
		return true;
	if (idr && !ike_get_id(idr, &expected))
		return false;
	if (!o->identify(o->ctx, s->handle, &s->local, &s->remote, &s->remote_id, &expected, &p))
		return false;
	p.window = window;
	session_peering(s, &p);
	return true;
}

enum ike_reason auth_identify(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	const struct ike_ops *o = &s->e->ops;
	const struct ike_pl *id = ike_msg_find(m, sa->initiator ? PL_IDr : PL_IDi);
	char text[320];

	if (!id || !ike_get_id(id, &s->remote_id))
		return IKE_R_PEER_ID;
	h->n_id_body = id->body.n;
	memcpy(h->id_body, id->body.p, id->body.n);
	ike_dbg(s->e, s, 0, "Searching policy based on peer's identity '%s'",
	        ike_id_fmt(&s->remote_id, text));
	if (!identified(sa, m) ||
	        (o->peer_ok && !o->peer_ok(o->ctx, s->p.owner, &s->remote, &s->remote_id))) {
		ike_dbg(s->e, s, 1, "Failed to find a matching policy");
		return IKE_R_PEER_ID;
	}
	return IKE_R_NONE;
}

enum ike_reason auth_check_proof(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	enum ike_reason why;

	ike_dbg(s->e, s, 0, "Verify peer's authentication data");
	why = check_method(sa, m, span_of(sa->hs->id_body, sa->hs->n_id_body));
	if (why != IKE_R_NONE)
		ike_dbg(s->e, s, 1, "Verification of peer's authentication data FAILED");
	return why;
}

enum ike_reason auth_check(struct ike_sa *sa, const struct ike_msg *m)
{
	enum ike_reason why = auth_identify(sa, m);

	return why == IKE_R_NONE ? auth_check_proof(sa, m) : why;
}

enum ike_reason auth_check_eap(struct ike_sa *sa, const struct ike_msg *m)
{
	const struct ike_pl *au = ike_msg_find(m, PL_AUTH);
	struct secret key = {0};
	struct ike_pl_auth a;
	struct proof p;
	bool ok;

	proof_of(sa, !sa->initiator, span_of(sa->hs->id_body, sa->hs->n_id_body), &p);
	if (!au || !ike_get_auth(au, &a) || a.method != IKE_METHOD_PSK)
		return IKE_R_PEER_AUTH_FAILED;
	eap_key(sa, p.sk_p, &key);
	ok = shared_good(sa, &p, &key, a.data);
	secret_wipe(&key);
	return ok ? IKE_R_NONE : IKE_R_PEER_AUTH_FAILED;
}
