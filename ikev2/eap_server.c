/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EAP, the server's side: see eap_server.h. One table row a method: how it asks, and how it takes
 * the answer. */
#include "ikev2/eap_server.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ikev2/mschapv2.h"

enum { T_IDENTITY = 1, T_NOTIFICATION = 2, T_NAK = 3 };
enum { MS_CHALLENGE = 1, MS_RESPONSE = 2, MS_SUCCESS = 3, MS_FAILURE = 4 };
enum { MS_HDR = 4, MS_RESPONSE_LEN = 49, MD5_LEN = 16, NAME_MAX_LEN = 253 };

static const char server_name[] = "spoke";

enum stage {
	ST_NAME,   /* Identity is out */
	ST_ASKED,  /* the method's request is out */
	ST_PROVED, /* MSCHAPv2: our proof is out, to be acknowledged */
	ST_FAILED, /* MSCHAPv2: our refusal is out, to be acknowledged */
	ST_OVER
};

struct eap_server {
	struct eap_server_ops ops;
	enum stage stage;
	uint8_t id; /* of the request that is out */
	uint8_t method, msid;
	bool naked; /* the peer has chosen the method */
	unsigned tries;
	struct secret name;
	uint8_t challenge[MSCHAP_CHALLENGE];
	struct secret msk;
};

/* An answer, taken apart. */
struct answer {
	uint8_t type;
	struct rd data;
};

struct method {
	uint8_t type;
	const char *text;
	enum eap_verdict (*ask)(struct eap_server *s, struct eap_packet *out);
	enum eap_verdict (*take)(struct eap_server *s, struct answer *a, struct eap_packet *out);
};
static const struct method *method_of(uint8_t type);

struct eap_server *eap_server_new(const struct eap_server_ops *ops, struct span identity)
{
	struct eap_server *s = xcalloc(1, sizeof(*s));

	s->ops = *ops;
	s->ops.random(s->ops.ctx, &s->id, 1);
	if (identity.n)
		secret_set(&s->name, identity.p, identity.n);
	return s;
}

void eap_server_free(struct eap_server *s)
{
	if (!s)
		return;
	secret_wipe(&s->name);
	secret_wipe(&s->msk);
	wipe(s, sizeof(*s));
	free(s);
}

struct span eap_server_msk(const struct eap_server *s)
{
	return secret_span(&s->msk);
}

struct span eap_server_name(const struct eap_server *s)
{
	return secret_span(&s->name);
}

uint8_t eap_server_method(const struct eap_server *s)
{
	return s->method;
}

static void say(const struct eap_server *s, const char *text)
{
	if (s->ops.debug)
		s->ops.debug(s->ops.ctx, text);
}

/* ---- writing -------------------------------------------------------------------- */

static struct wr packet(struct eap_packet *out, uint8_t code, uint8_t id, uint8_t type)
{
	struct wr w = wr_init(out->b, sizeof(out->b));

	wr_u8(&w, code);
	wr_u8(&w, id);
	wr_u16(&w, 0);
	wr_u8(&w, type);
	return w;
}

static bool finish(struct eap_packet *out, struct wr *w)
{
	if (!wr_ok(w))
		return false;
	wr_patch_u16(w, 2, (uint16_t)w->len);
	out->n = w->len;
	return true;
}

void eap_end(uint8_t code, uint8_t id, struct eap_packet *out)
{
	struct wr w = wr_init(out->b, sizeof(out->b));

	wr_u8(&w, code);
	wr_u8(&w, id);
	wr_u16(&w, EAP_HDR);
	out->n = w.len;
}

void eap_identity_ask(uint8_t id, struct eap_packet *out)
{
	struct wr w = packet(out, EAP_REQUEST, id, T_IDENTITY);

	finish(out, &w);
}

bool eap_identity_make(uint8_t id, struct span name, struct eap_packet *out)
{
	struct wr w = packet(out, EAP_RESPONSE, id, T_IDENTITY);

	wr_bytes(&w, name.p, name.n);
	return finish(out, &w);
}

bool eap_identity_of(struct span p, struct span *name)
{
	struct rd r = rd_init(p.p, p.n);
	bool response = rd_u8(&r) == EAP_RESPONSE;

	rd_u8(&r);
	size_t len = rd_u16(&r);
	bool identity = rd_u8(&r) == T_IDENTITY;

	if (!rd_ok(&r) || !response || !identity || len != p.n)
		return false;
	*name = rd_rest(&r);
	return name->n <= NAME_MAX_LEN;
}

static struct wr request(struct eap_server *s, struct eap_packet *out)
{
	return packet(out, EAP_REQUEST, ++s->id, s->method);
}

static enum eap_verdict ask(struct eap_server *s, struct eap_packet *out, struct wr *w)
{
	if (s->stage == ST_NAME)
		s->stage = ST_ASKED;
	return finish(out, w) ? EAP_ASK : EAP_REFUSED;
}

static enum eap_verdict over(struct eap_server *s, bool good, struct eap_packet *out)
{
	s->stage = ST_OVER;
	eap_end(good ? EAP_SUCCESS : EAP_FAILURE, s->id, out);
	return good ? EAP_GRANTED : EAP_REFUSED;
}

/* ---- MD5-Challenge, Generic Token Card ------------------------------------------- */

static enum eap_verdict md5_ask(struct eap_server *s, struct eap_packet *out)
{
	struct wr w = request(s, out);

	s->ops.random(s->ops.ctx, s->challenge, sizeof(s->challenge));
	wr_u8(&w, sizeof(s->challenge));
	wr_bytes(&w, s->challenge, sizeof(s->challenge));
	wr_bytes(&w, server_name, strlen(server_name));
	return ask(s, out, &w);
}

static bool md5(const struct eap_server *s, const struct secret *password, uint8_t out[MD5_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1 &&
	          EVP_DigestUpdate(c, &s->id, 1) == 1 &&
	          EVP_DigestUpdate(c, password->p, password->n) == 1 &&
	          EVP_DigestUpdate(c, s->challenge, sizeof(s->challenge)) == 1 &&
	          EVP_DigestFinal_ex(c, out, NULL) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool password_of(const struct eap_server *s, struct secret *out)
{
	return s->ops.password && s->ops.password(s->ops.ctx, secret_span(&s->name), out) && out->n;
}

static enum eap_verdict md5_take(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	struct span said = rd_span(&a->data, rd_u8(&a->data));
	struct secret password = {0};
	uint8_t want[MD5_LEN];
	bool good = rd_ok(&a->data) && said.n == MD5_LEN && password_of(s, &password) &&
	            md5(s, &password, want) && ct_equal(said.p, want, MD5_LEN);

	secret_wipe(&password);
	return over(s, good, out);
}

static enum eap_verdict gtc_ask(struct eap_server *s, struct eap_packet *out)
{
	static const char prompt[] = "Password: ";
	struct wr w = request(s, out);

	wr_bytes(&w, prompt, strlen(prompt));
	return ask(s, out, &w);
}

static enum eap_verdict gtc_take(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	struct span said = rd_rest(&a->data);

	if (said.n && s->ops.check && s->ops.check(s->ops.ctx, secret_span(&s->name), said))
		return over(s, true, out);
	return ++s->tries < EAP_TRIES ? gtc_ask(s, out) : over(s, false, out);
}

/* ---- MSCHAPv2 (RFC 2759) ----------------------------------------------------------- */

static enum eap_verdict ms_ask(struct eap_server *s, struct eap_packet *out)
{
	struct wr w = request(s, out);
	size_t len = MS_HDR + 1 + MSCHAP_CHALLENGE + strlen(server_name);

	s->ops.random(s->ops.ctx, s->challenge, sizeof(s->challenge));
	s->msid = s->id;
	wr_u8(&w, MS_CHALLENGE);
	wr_u8(&w, s->msid);
	wr_u16(&w, (uint16_t)len);
	wr_u8(&w, MSCHAP_CHALLENGE);
	wr_bytes(&w, s->challenge, sizeof(s->challenge));
	wr_bytes(&w, server_name, strlen(server_name));
	return ask(s, out, &w);
}

static enum eap_verdict ms_say(
        struct eap_server *s, uint8_t opcode, const char *text, struct eap_packet *out)
{
	struct wr w = request(s, out);

	wr_u8(&w, opcode);
	wr_u8(&w, s->msid);
	wr_u16(&w, (uint16_t)(MS_HDR + strlen(text)));
	wr_bytes(&w, text, strlen(text));
	return ask(s, out, &w);
}

static enum eap_verdict ms_success(
        struct eap_server *s, const struct mschap_out *ms, struct eap_packet *out)
{
	char text[80];

	secret_set(&s->msk, ms->msk, sizeof(ms->msk));
	s->stage = ST_PROVED;
	snprintf(text, sizeof(text), "%s M=Welcome", ms->proof);
	return ms_say(s, MS_SUCCESS, text, out);
}

/* RFC 2759 §6: 691, authentication failure; R=1 as long as another password may be tried, against
 * the challenge that stands behind C=. */
static enum eap_verdict ms_refuse(struct eap_server *s, struct eap_packet *out)
{
	bool retry = ++s->tries < EAP_TRIES;
	char hex[2 * MSCHAP_CHALLENGE + 1], text[120];

	s->ops.random(s->ops.ctx, s->challenge, sizeof(s->challenge));
	hex_fmt(hex, s->challenge, sizeof(s->challenge));
	for (char *p = hex; *p; p++)
		*p = *p >= 'a' ? (char)(*p - 'a' + 'A') : *p;
	snprintf(text, sizeof(text), "E=691 R=%d C=%s V=3 M=Authentication failed", retry, hex);
	say(s, "EAP-MSCHAPv2: name or password is wrong");
	s->stage = retry ? ST_ASKED : ST_FAILED;
	return ms_say(s, MS_FAILURE, text, out);
}

/* What the peer ought to have said, from its own challenge and its name. */
static bool ms_right(struct eap_server *s, const uint8_t peer_challenge[MSCHAP_CHALLENGE],
        struct span name, struct span said, struct mschap_out *ms)
{
	struct secret password = {0};
	bool known = password_of(s, &password);
	struct mschap_in in = {.name = name,
	        .password = secret_span(&password),
	        .auth_challenge = s->challenge,
	        .peer_challenge = peer_challenge};
	bool ok = known && mschap_compute(&in, ms);

	if (known && !ok)
		say(s, "MSCHAPv2 needs OpenSSL's legacy provider (MD4, DES), which is not "
		       "installed");
	secret_wipe(&password);
	return ok && ct_equal(said.p, ms->nt_response, MSCHAP_NT_RESPONSE);
}

static enum eap_verdict ms_response(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	uint8_t msid = rd_u8(&a->data), theirs[MSCHAP_CHALLENGE];
	struct mschap_out ms = {0};

	rd_u16(&a->data);
	uint8_t size = rd_u8(&a->data);

	rd_bytes(&a->data, theirs, sizeof(theirs));
	rd_span(&a->data, 8);
	struct span said = rd_span(&a->data, MSCHAP_NT_RESPONSE);

	rd_u8(&a->data);
	struct span name = rd_rest(&a->data);

	/* after a refusal the peer counts on (RFC 2759 §6), and not every peer does */
	if (!rd_ok(&a->data) || size != MS_RESPONSE_LEN || s->stage != ST_ASKED ||
	        (msid != s->msid && msid != (uint8_t)(s->msid + 1)))
		return over(s, false, out);
	s->msid = msid;
	enum eap_verdict v =
	        ms_right(s, theirs, name, said, &ms) ? ms_success(s, &ms, out) : ms_refuse(s, out);

	wipe(&ms, sizeof(ms));
	return v;
}

static enum eap_verdict ms_take(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	uint8_t opcode = rd_u8(&a->data);

	if (opcode == MS_RESPONSE)
		return ms_response(s, a, out);
	return over(s, opcode == MS_SUCCESS && s->stage == ST_PROVED, out);
}

/* ---- methods ----------------------------------------------------------------------- */

static const struct method methods[] = {
        {IKE_EAP_MSCHAPV2, "MSCHAPv2", ms_ask, ms_take},
        {IKE_EAP_MD5, "MD5", md5_ask, md5_take},
        {IKE_EAP_GTC, "GTC", gtc_ask, gtc_take},
};

static const struct method *method_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].type == type)
			return &methods[i];
	return NULL;
}

static enum eap_verdict ask_by(struct eap_server *s, const struct method *m, struct eap_packet *out)
{
	char line[60];

	snprintf(line, sizeof(line), "EAP method %s is asked for", m->text);
	say(s, line);
	s->method = m->type;
	s->stage = ST_ASKED;
	return m->ask(s, out);
}

static enum eap_verdict ask_first(struct eap_server *s, struct eap_packet *out)
{
	bool hashed = s->ops.hashed && s->ops.hashed(s->ops.ctx, secret_span(&s->name));

	return ask_by(s, method_of(hashed ? IKE_EAP_GTC : IKE_EAP_MSCHAPV2), out);
}

enum eap_verdict eap_server_start(struct eap_server *s, bool query, struct eap_packet *out)
{
	if (!query && s->name.n)
		return ask_first(s, out);
	s->stage = ST_NAME;
	eap_identity_ask(++s->id, out);
	return EAP_ASK;
}

/* RFC 3748 §5.3.1: in place of the first answer, once. */
static enum eap_verdict on_nak(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	struct span wants = rd_rest(&a->data);

	if (s->naked || s->stage != ST_ASKED || s->tries)
		return over(s, false, out);
	s->naked = true;
	for (size_t i = 0; i < wants.n; i++)
		if (method_of(wants.p[i]) && wants.p[i] != s->method)
			return ask_by(s, method_of(wants.p[i]), out);
	say(s, "The peer asks for an EAP method that is not supported here");
	return over(s, false, out);
}

static enum eap_verdict on_name(struct eap_server *s, struct answer *a, struct eap_packet *out)
{
	struct span name = rd_rest(&a->data);

	if (a->type != T_IDENTITY || name.n > NAME_MAX_LEN)
		return over(s, false, out);
	if (name.n)
		secret_set(&s->name, name.p, name.n);
	return s->name.n ? ask_first(s, out) : over(s, false, out);
}

static bool read_answer(const struct eap_server *s, struct span p, struct answer *a)
{
	struct rd r = rd_init(p.p, p.n);
	bool response = rd_u8(&r) == EAP_RESPONSE, same = rd_u8(&r) == s->id;
	size_t len = rd_u16(&r);

	a->type = rd_u8(&r);
	a->data = r;
	return rd_ok(&r) && response && same && len == p.n;
}

enum eap_verdict eap_server_rx(struct eap_server *s, struct span p, struct eap_packet *out)
{
	struct answer a;

	out->n = 0;
	if (s->stage == ST_OVER || !read_answer(s, p, &a))
		return over(s, false, out);
	if (s->stage == ST_NAME)
		return on_name(s, &a, out);
	if (s->stage == ST_FAILED)
		return over(s, false, out);
	if (a.type == T_NAK)
		return on_nak(s, &a, out);
	return a.type == s->method ? method_of(s->method)->take(s, &a, out) : over(s, false, out);
}
