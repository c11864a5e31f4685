/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EAP, the peer's side: see eap.h. One table row a type; a type that is not there gets a Nak. */
#include "ikev2/eap.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ikev2/mschapv2.h"

enum eap_type {
	T_IDENTITY = 1,
	T_NOTIFICATION = 2,
	T_NAK = 3,
	T_MD5 = IKE_EAP_MD5,
	T_GTC = IKE_EAP_GTC,
	T_MSCHAPV2 = IKE_EAP_MSCHAPV2
};

enum ms_opcode { MS_CHALLENGE = 1, MS_RESPONSE = 2, MS_SUCCESS = 3, MS_FAILURE = 4, MS_CHANGE = 7 };
enum { MS_HDR = 4, MS_RESPONSE_LEN = 49, MS_ERROR_RETRY = 691, NAME_MAX_LEN = 253 };

/* How far the method is. */
enum stage {
	ST_START,
	ST_ANSWERED, /* MSCHAPv2: the response is out, the server has yet to prove itself */
	ST_PROVED,   /* nothing more is expected but Success */
	ST_REFUSED   /* the server said no; what may follow is Failure */
};

struct eap_peer {
	struct eap_peer_ops ops;
	struct secret identity; /* ours, when nobody asks for another name */
	uint8_t only;           /* the method that is allowed; 0: all three */
	uint8_t method;
	enum stage stage;
	bool have;     /* name and password are there */
	bool resuming; /* what was refused has been replaced since */
	struct secret name, password;
	struct secret waiting; /* the request that waits for them */
	/* MSCHAPv2 */
	uint8_t challenge[MSCHAP_CHALLENGE];
	struct mschap_out ms;
	struct secret msk;
};

/* A request, taken apart. */
struct request_in {
	uint8_t id, type;
	struct rd data;
};

struct eap_peer *eap_peer_new(const struct eap_peer_ops *ops, struct span identity, uint8_t method)
{
	struct eap_peer *p = xcalloc(1, sizeof(*p));

	p->ops = *ops;
	p->only = method;
	if (identity.n)
		secret_set(&p->identity, identity.p, identity.n);
	return p;
}

void eap_peer_free(struct eap_peer *p)
{
	if (!p)
		return;
	secret_wipe(&p->identity);
	secret_wipe(&p->name);
	secret_wipe(&p->password);
	secret_wipe(&p->waiting);
	secret_wipe(&p->msk);
	wipe(p, sizeof(*p));
	free(p);
}

struct span eap_peer_msk(const struct eap_peer *p)
{
	return secret_span(&p->msk);
}

struct span eap_peer_name(const struct eap_peer *p)
{
	return secret_span(&p->name);
}

uint8_t eap_peer_method(const struct eap_peer *p)
{
	return p->method;
}

static void say(const struct eap_peer *p, const char *text)
{
	if (p->ops.debug)
		p->ops.debug(p->ops.ctx, text);
}

/* ---- writing -------------------------------------------------------------------- */

static struct wr begin(struct eap_packet *out, uint8_t id, uint8_t type)
{
	struct wr w = wr_init(out->b, sizeof(out->b));

	wr_u8(&w, EAP_RESPONSE);
	wr_u8(&w, id);
	wr_u16(&w, 0);
	wr_u8(&w, type);
	return w;
}

static enum eap_result finish(struct eap_packet *out, struct wr *w)
{
	if (!wr_ok(w))
		return EAP_FAILED;
	wr_patch_u16(w, 2, (uint16_t)w->len);
	out->n = w->len;
	return EAP_SEND;
}

/* ---- name and password ---------------------------------------------------------- */

/* EAP_SEND: they are there. */
static enum eap_result need(struct eap_peer *p, bool name, bool again)
{
	struct ike_creds_ask ask = {.name = name, .again = again && !p->resuming};
	enum ike_creds got = IKE_CREDS_NONE;

	if (p->have && !again)
		return EAP_SEND;
	secret_wipe(&p->password);
	p->have = false;
	if (p->ops.credentials) /* a name that the server has heard stays, unless another is given
	                         */
		got = p->ops.credentials(p->ops.ctx, &ask, &p->name, &p->password);
	if (got == IKE_CREDS_WAIT)
		return EAP_WAIT;
	if (got == IKE_CREDS_NONE) {
		say(p, "There are no EAP credentials");
		return EAP_FAILED;
	}
	if (!p->name.n)
		secret_copy(&p->name, &p->identity);
	if (!p->name.n) {
		say(p, "There is no user name: the server asks for none, and an address cannot be "
		       "one");
		return EAP_FAILED;
	}
	p->have = true;
	return EAP_SEND;
}

/* ---- Identity, Notification, Nak ------------------------------------------------ */

static enum eap_result on_identity(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	enum eap_result r = need(p, true, false);
	struct wr w;

	if (r != EAP_SEND)
		return r;
	w = begin(out, q->id, T_IDENTITY);
	wr_bytes(&w, p->name.p, p->name.n);
	return finish(out, &w);
}

/* What the server says is shown with nothing in it that could play tricks on a terminal. */
static void printable(struct span s, char *out, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < s.n && k + 1 < n; i++)
		out[k++] = s.p[i] >= 0x20 && s.p[i] < 0x7f ? (char)s.p[i] : '.';
	out[k] = '\0';
}

static void say_text(const struct eap_peer *p, const char *head, struct span text)
{
	char line[300];
	size_t n = (size_t)snprintf(line, sizeof(line), "%s", head);

	printable(text, line + n, sizeof(line) - n);
	say(p, line);
}

static enum eap_result on_notification(
        struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	struct wr w = begin(out, q->id, T_NOTIFICATION);

	say_text(p, "EAP notification: ", rd_rest(&q->data));
	return finish(out, &w);
}

/* The guide: "requesting EAP-MSCHAPv2, EAP-MD5, or EAP-GTC as the desired authentication method".
 */
static enum eap_result nak(struct eap_peer *p, const struct request_in *q, struct eap_packet *out)
{
	static const uint8_t all[] = {T_MSCHAPV2, T_MD5, T_GTC};
	struct wr w = begin(out, q->id, T_NAK);
	char line[80];

	snprintf(line, sizeof(line), "EAP method %u is not supported here, asking for another",
	        q->type);
	say(p, line);
	if (p->only)
		wr_u8(&w, p->only);
	else
		wr_bytes(&w, all, sizeof(all));
	return finish(out, &w);
}

/* ---- MD5-Challenge, Generic Token Card ------------------------------------------- */

static enum eap_result on_md5(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	struct span challenge = rd_span(&q->data, rd_u8(&q->data));
	EVP_MD_CTX *c = NULL;
	uint8_t hash[16];
	enum eap_result r;

	if (!rd_ok(&q->data) || !challenge.n)
		return EAP_FAILED;
	r = need(p, false, false);
	if (r != EAP_SEND)
		return r;
	c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1 &&
	          EVP_DigestUpdate(c, &q->id, 1) == 1 &&
	          EVP_DigestUpdate(c, p->password.p, p->password.n) == 1 &&
	          EVP_DigestUpdate(c, challenge.p, challenge.n) == 1 &&
	          EVP_DigestFinal_ex(c, hash, NULL) == 1;

	EVP_MD_CTX_free(c);
	if (!ok) {
		say(p, "MD5 is not available in this OpenSSL");
		return EAP_FAILED;
	}
	struct wr w = begin(out, q->id, T_MD5);

	wr_u8(&w, sizeof(hash));
	wr_bytes(&w, hash, sizeof(hash));
	wr_bytes(&w, p->name.p, p->name.n);
	p->stage = ST_PROVED;
	return finish(out, &w);
}

/* The second time the first answer was not good enough. */
static enum eap_result on_gtc(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	enum eap_result r = need(p, false, p->stage == ST_PROVED);
	struct wr w;

	if (r != EAP_SEND)
		return r;
	say_text(p, "EAP prompt: ", rd_rest(&q->data));
	w = begin(out, q->id, T_GTC);
	wr_bytes(&w, p->password.p, p->password.n);
	p->stage = ST_PROVED;
	return finish(out, &w);
}

/* ---- MSCHAPv2 -------------------------------------------------------------------- */

static enum eap_result ms_short(struct eap_packet *out, uint8_t id, uint8_t opcode)
{
	struct wr w = begin(out, id, T_MSCHAPV2);

	wr_u8(&w, opcode);
	return finish(out, &w);
}

static enum eap_result ms_respond(
        struct eap_peer *p, uint8_t id, uint8_t msid, struct eap_packet *out)
{
	uint8_t ours[MSCHAP_CHALLENGE];
	struct mschap_in in = {.name = secret_span(&p->name),
	        .password = secret_span(&p->password),
	        .auth_challenge = p->challenge,
	        .peer_challenge = ours};
	struct wr w = begin(out, id, T_MSCHAPV2);

	p->ops.random(p->ops.ctx, ours, sizeof(ours));
	if (!mschap_compute(&in, &p->ms)) {
		say(p, "MSCHAPv2 needs OpenSSL's legacy provider (MD4, DES), which is not "
		       "installed");
		return EAP_FAILED;
	}
	wr_u8(&w, MS_RESPONSE);
	wr_u8(&w, msid);
	wr_u16(&w, (uint16_t)(MS_HDR + 1 + MS_RESPONSE_LEN + p->name.n));
	wr_u8(&w, MS_RESPONSE_LEN);
	wr_bytes(&w, ours, sizeof(ours));
	wr_zero(&w, 8);
	wr_bytes(&w, p->ms.nt_response, sizeof(p->ms.nt_response));
	wr_u8(&w, 0);
	wr_bytes(&w, p->name.p, p->name.n);
	p->stage = ST_ANSWERED;
	return finish(out, &w);
}

static enum eap_result ms_challenge(
        struct eap_peer *p, struct request_in *q, uint8_t msid, struct eap_packet *out)
{
	enum eap_result r;
	uint8_t size = rd_u8(&q->data);

	if (size != MSCHAP_CHALLENGE || p->stage == ST_PROVED)
		return EAP_FAILED;
	rd_bytes(&q->data, p->challenge, sizeof(p->challenge));
	if (!rd_ok(&q->data))
		return EAP_FAILED;
	r = need(p, false, p->stage == ST_ANSWERED);
	return r == EAP_SEND ? ms_respond(p, q->id, msid, out) : r;
}

/* Only who knows the password can say this (RFC 2759 §5). */
static enum eap_result ms_success(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	struct span said = rd_span(&q->data, MSCHAP_PROOF);

	if (p->stage != ST_ANSWERED || said.n != MSCHAP_PROOF ||
	        !ct_equal(said.p, p->ms.proof, MSCHAP_PROOF)) {
		say(p, "The EAP server did not prove that it knows the password");
		return EAP_FAILED;
	}
	secret_set(&p->msk, p->ms.msk, sizeof(p->ms.msk));
	wipe(&p->ms, sizeof(p->ms));
	p->stage = ST_PROVED;
	return ms_short(out, q->id, MS_SUCCESS);
}

/* "E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Authentication failed" */
struct ms_failure {
	unsigned error;
	bool retry, has_challenge;
	uint8_t challenge[MSCHAP_CHALLENGE];
};

static void ms_failure_read(struct span s, struct ms_failure *f)
{
	char text[256], *save = NULL;
	size_t n = s.n < sizeof(text) - 1 ? s.n : sizeof(text) - 1;

	*f = (struct ms_failure){0};
	memcpy(text, n ? s.p : (const uint8_t *)"", n);
	text[n] = '\0';
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (strncmp(w, "M=", 2) == 0)
			return; /* the rest is for people */
		if (strncmp(w, "E=", 2) == 0)
			f->error = (unsigned)strtoul(w + 2, NULL, 10);
		else if (strncmp(w, "R=", 2) == 0)
			f->retry = w[2] == '1';
		else if (strncmp(w, "C=", 2) == 0 && strlen(w + 2) == 2 * sizeof(f->challenge))
			f->has_challenge = hex_parse(w + 2, f->challenge, sizeof(f->challenge));
	}
}

static const char *ms_error_text(unsigned error)
{
	static const struct {
		unsigned error;
		const char *text;
	} map[] = {{646, "the account may not log on at this hour"},
	        {647, "the account is disabled"}, {648, "the password has expired"},
	        {649, "the account has no permission to dial in"},
	        {691, "name or password is wrong"}, {709, "the password could not be changed"}};

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (map[i].error == error)
			return map[i].text;
	return "unknown error";
}

/* A wrong password may be given again; a change of password is not offered, and so refused. */
static enum eap_result ms_failure(
        struct eap_peer *p, struct request_in *q, uint8_t msid, struct eap_packet *out)
{
	struct span text = rd_rest(&q->data);
	struct ms_failure f;
	char line[100];
	enum eap_result r = EAP_FAILED;

	if (p->stage != ST_ANSWERED)
		return EAP_FAILED;
	ms_failure_read(text, &f);
	snprintf(line, sizeof(line), "EAP-MSCHAPv2 error %u: %s", f.error, ms_error_text(f.error));
	say(p, line);
	if (f.error == MS_ERROR_RETRY && f.retry)
		r = need(p, false, true);
	if (r == EAP_WAIT)
		return r;
	if (r == EAP_SEND) {
		if (f.has_challenge)
			memcpy(p->challenge, f.challenge, sizeof(p->challenge));
		return ms_respond(p, q->id, (uint8_t)(msid + 1), out);
	}
	p->stage = ST_REFUSED;
	return ms_short(out, q->id, MS_FAILURE);
}

static enum eap_result on_mschapv2(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	size_t whole = q->data.n;
	uint8_t opcode = rd_u8(&q->data), msid = rd_u8(&q->data);
	size_t len = rd_u16(&q->data);

	if (!rd_ok(&q->data) || len > whole)
		return EAP_FAILED;
	switch (opcode) {
	case MS_CHALLENGE:
		return ms_challenge(p, q, msid, out);
	case MS_SUCCESS:
		return ms_success(p, q, out);
	case MS_FAILURE:
		return ms_failure(p, q, msid, out);
	default:
		return EAP_FAILED;
	}
}

/* ---- receiving ------------------------------------------------------------------- */

static const struct method {
	uint8_t type;
	enum eap_result (*request)(
	        struct eap_peer *p, struct request_in *q, struct eap_packet *out);
} methods[] = {
        {T_IDENTITY, on_identity},
        {T_NOTIFICATION, on_notification},
        {T_MD5, on_md5},
        {T_GTC, on_gtc},
        {T_MSCHAPV2, on_mschapv2},
};

static const struct method *method_of(const struct eap_peer *p, uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].type == type && (type < T_MD5 || !p->only || type == p->only))
			return &methods[i];
	return NULL;
}

/* RFC 3748 §2: one method a conversation; before it has begun, a Nak may ask for another. */
static enum eap_result on_request(struct eap_peer *p, struct request_in *q, struct eap_packet *out)
{
	const struct method *m = method_of(p, q->type);

	if (q->type < T_MD5)
		return m ? m->request(p, q, out) : EAP_FAILED;
	if (p->method && p->method != q->type)
		return EAP_FAILED;
	if (!m)
		return nak(p, q, out);
	enum eap_result r = m->request(p, q, out);

	if (r == EAP_SEND)
		p->method = q->type;
	return r;
}

static enum eap_result dispatch(struct eap_peer *p, struct span packet, struct eap_packet *out)
{
	struct rd r = rd_init(packet.p, packet.n);
	uint8_t code = rd_u8(&r);
	struct request_in q = {.id = rd_u8(&r)};
	size_t len = rd_u16(&r);

	if (!rd_ok(&r) || len != packet.n)
		return EAP_FAILED;
	if (code == EAP_SUCCESS)
		return p->stage == ST_PROVED ? EAP_DONE : EAP_FAILED;
	if (code != EAP_REQUEST)
		return EAP_FAILED;
	q.type = rd_u8(&r);
	q.data = r;
	return rd_ok(&r) ? on_request(p, &q, out) : EAP_FAILED;
}

enum eap_result eap_peer_rx(struct eap_peer *p, struct span packet, struct eap_packet *out)
{
	enum eap_result r;

	out->n = 0;
	r = dispatch(p, packet, out);
	if (r == EAP_WAIT && packet.p != p->waiting.p)
		secret_set(&p->waiting, packet.p, packet.n);
	else if (r != EAP_WAIT)
		secret_wipe(&p->waiting);
	return r;
}

enum eap_result eap_peer_resume(struct eap_peer *p, struct eap_packet *out)
{
	enum eap_result r;

	if (!p->waiting.n)
		return EAP_FAILED;
	p->resuming = true;
	r = eap_peer_rx(p, secret_span(&p->waiting), out);
	p->resuming = false;
	return r;
}
