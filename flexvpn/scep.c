/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrollment by SCEP: see scep.h. One `struct job` a trustpoint; its steps are
 *
 *   authenticate:  GetCACert → the operator
 *   enroll:        GetCACaps → GetCACert → PKIOperation (→ poll, poll, …) → lines of configuration
 */
#include "flexvpn/scep.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/enroll.h"
#include "flexvpn/scep_msg.h"
#include "net/vrf.h"

enum {
	MAX_BODY = 64 << 10,
	FETCH_S = 30,
	RETRY_COUNT = 10,
	MINUTE_MS = 60 * 1000,
	DAY_MS = 24 * 60 * MINUTE_MS,
	AGAIN_MS = 60 * MINUTE_MS, /* behind the last retry of `auto-enroll` */
	URL_MAX = 600,
};

enum step { REST, CAPS, CA, ASK, POLL };

struct job {
	struct job *next;
	char *trustpoint;
	/* authenticate */
	fx_scep_ca_fn fn;
	void *ctx;
	X509 *ca; /* arrived */
	bool told, ca_only;
	/* the exchange in hand */
	enum step step;
	uint32_t id; /* of the fetch; 0: none is under way */
	uint64_t at; /* the next step, when none is; UINT64_MAX: none is planned */
	uint32_t tries;
	bool pending;
	char *password;
	struct scep_ca to;
	struct scep_ask ask;
	X509_REQ *request;
	EVP_PKEY *key; /* that the request is about */
	char *label;   /* of the key that replaces another one; NULL: it has its name already */
	X509 *own;     /* arrived */
	char why[160];
	/* auto-enroll */
	uint64_t renew_at; /* UINT64_MAX: not planned */
	bool automatic;
};

struct fx_scep {
	struct fetch_io io;
	struct fx_pki *pki;
	struct job *jobs;
	uint32_t last_id;
	bool look; /* the configuration has changed */
};

/* ---- jobs ----------------------------------------------------------------------------------- */

struct fx_scep *fx_scep_new(const struct fetch_io *io, struct fx_pki *p)
{
	struct fx_scep *s = xcalloc(1, sizeof(*s));

	s->io = *io;
	s->pki = p;
	return s;
}

/* What an exchange holds. */
static void clear(struct fx_scep *s, struct job *j)
{
	if (j->id && s->io.cancel)
		s->io.cancel(s->io.ctx, j->id);
	j->id = 0;
	scep_ca_fini(&j->to);
	X509_REQ_free(j->request);
	EVP_PKEY_free(j->key);
	EVP_PKEY_free(j->ask.key);
	X509_free(j->ask.cert);
	if (j->label) { /* a new key that was never put to use */
		fx_keys_remove(fx_pki_keys(s->pki), j->label);
		fx_pki_rekeyed(s->pki);
	}
	free(j->label);
	if (j->password)
		wipe(j->password, strlen(j->password));
	free(j->password);
	j->request = NULL;
	j->key = NULL;
	j->label = j->password = NULL;
	j->ask = (struct scep_ask){0};
	j->step = REST;
	j->at = UINT64_MAX;
	j->tries = 0;
	j->pending = j->ca_only = false;
}

static void job_free(struct fx_scep *s, struct job *j)
{
	clear(s, j);
	X509_free(j->ca);
	X509_free(j->own);
	free(j->trustpoint);
	free(j);
}

void fx_scep_free(struct fx_scep *s)
{
	if (!s)
		return;
	while (s->jobs) {
		struct job *j = s->jobs;

		s->jobs = j->next;
		job_free(s, j);
	}
	free(s);
}

static struct job *job_find(const struct fx_scep *s, const char *trustpoint)
{
	struct job *j = s->jobs;

	while (j && strcmp(j->trustpoint, trustpoint) != 0)
		j = j->next;
	return j;
}

static struct job *job_for(struct fx_scep *s, const char *trustpoint)
{
	struct job *j = job_find(s, trustpoint);

	if (j)
		return j;
	j = xcalloc(1, sizeof(*j));
	j->trustpoint = xstrdup(trustpoint);
	j->at = j->renew_at = UINT64_MAX;
	j->next = s->jobs;
	s->jobs = j;
	return j;
}

void fx_scep_configured(struct fx_scep *s)
{
	for (struct job **at = &s->jobs, *j; (j = *at);) {
		const struct fx_tp *t = fx_pki_tp(s->pki, j->trustpoint);

		if (t && t->cfg->enrollment == FX_ENROLL_URL && t->cfg->url) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		if (j->fn)
			j->fn(j->ctx, NULL, "the trustpoint is gone");
		job_free(s, j);
	}
	s->look = true;
}

/* ---- fetching -------------------------------------------------------------------------------- */

static void escape(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		             (*text >= '0' && *text <= '9') || strchr("-._~", *text);

		sb_printf(out, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
}

/* IOS asks for this program where the URL names none. */
static void base_url(struct strbuf *out, const char *url)
{
	const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;

	sb_puts(out, url);
	if (!path)
		sb_puts(out, "/cgi-bin/pkiclient.exe");
	else if (!path[1])
		sb_puts(out, "cgi-bin/pkiclient.exe");
	sb_putc(out, strchr(url, '?') ? '&' : '?');
}

/* `source interface`: its address. */
static const char *local_of(const struct fx_scep *s, const struct fx_tp *t, char buf[IPADDR_STRLEN])
{
	struct ipaddr a;

	if (!t->cfg->source_if || !fx_pki_address(s->pki, t->cfg->source_if, &a))
		return NULL;
	return ipaddr_fmt(&a, buf);
}

static void fetch(struct fx_scep *s, struct job *j, const struct fx_tp *t, const char *operation,
        const char *message, struct span post)
{
	struct strbuf url = {0};
	char dev[NET_IFNAMSIZ], local[IPADDR_STRLEN];

	base_url(&url, t->cfg->url);
	sb_printf(&url, "operation=%s", operation);
	if (message) {
		sb_puts(&url, "&message=");
		escape(&url, message);
	}
	if (t->cfg->vrf)
		vrf_device_name(t->cfg->vrf, dev);
	j->id = ++s->last_id;
	s->io.ask(s->io.ctx, j->id,
	        &(struct fetch_want){.url = sb_str(&url),
	                .type = post.n ? "application/x-pki-message" : NULL,
	                .post = post,
	                .dev = t->cfg->vrf ? dev : NULL,
	                .local = local_of(s, t, local),
	                .max = MAX_BODY,
	                .timeout_s = FETCH_S});
	sb_fini(&url);
}

static uint64_t retry_ms(const struct fx_tp *t)
{
	return (uint64_t)(t->cfg->retry_period ? t->cfg->retry_period : 1) * MINUTE_MS;
}

/* It comes to nothing: an operator is told, `auto-enroll` begins anew after a while. */
static void give_up(struct fx_scep *s, struct job *j, uint64_t now)
{
	bool automatic = j->automatic;

	log_msg(PKI_CERTFAIL, j->trustpoint, j->why);
	clear(s, j);
	j->renew_at = automatic ? now + AGAIN_MS : UINT64_MAX;
}

/* The whole exchange again, later. */
static void later(struct fx_scep *s, struct job *j, const struct fx_tp *t, uint64_t now)
{
	j->id = 0;
	if (j->ca_only) {
		clear(s, j);
		j->told = true;
	} else if (++j->tries >= (t->cfg->retry_count ? t->cfg->retry_count : RETRY_COUNT)) {
		give_up(s, j, now);
	} else {
		j->at = now + retry_ms(t);
	}
}

/* ---- authenticate ---------------------------------------------------------------------------- */

static const struct fx_tp *reachable(struct fx_scep *s, const char *name, char *why, size_t n)
{
	const struct fx_tp *t = fx_pki_tp(s->pki, name);

	if (t && t->cfg->url && s->io.ask)
		return t;
	snprintf(why, n, !s->io.ask ? "there is nobody to fetch it" : "the trustpoint has no URL");
	return NULL;
}

bool fx_scep_authenticate(struct fx_scep *s, const char *trustpoint, fx_scep_ca_fn fn, void *ctx,
        uint64_t now, char *why, size_t n)
{
	const struct fx_tp *t = reachable(s, trustpoint, why, n);
	struct job *j = t ? job_for(s, trustpoint) : NULL;

	(void)now;
	if (!j)
		return false;
	if (j->fn || j->step != REST) {
		snprintf(why, n, "an exchange with the authority is under way");
		return false;
	}
	j->fn = fn;
	j->ctx = ctx;
	j->ca_only = true;
	j->told = false;
	j->why[0] = '\0';
	j->step = CA;
	fetch(s, j, t, "GetCACert", j->trustpoint, span_of(NULL, 0));
	return true;
}

void fx_scep_forget(struct fx_scep *s, const void *ctx)
{
	for (struct job *j = s->jobs; j; j = j->next)
		if (j->fn && j->ctx == ctx) {
			j->fn = NULL;
			if (j->ca_only)
				clear(s, j);
			X509_free(j->ca);
			j->ca = NULL;
			j->told = false;
		}
}

/* ---- enroll ---------------------------------------------------------------------------------- */

/* The key that the certificate is to be for: that of the trustpoint, or with `regenerate` a new one
 * beside it. */
static const struct fx_key_pair *choose_key(
        struct fx_scep *s, struct job *j, const struct fx_tp *t, char *why, size_t n)
{
	const struct fx_key_pair *k;
	struct strbuf label = {0};

	if (!t->own || !t->key || !t->cfg->regenerate)
		return t->key ? t->key : fx_enroll_key(s->pki, t->cfg, why, n);
	sb_printf(&label, "%s#", t->key->label);
	j->label = sb_take(&label);
	k = fx_enroll_key_like(s->pki, t->key, j->label, why, n);
	if (!k) {
		free(j->label);
		j->label = NULL;
	}
	return k;
}

/* Who signs: the certificate in force, or the key for itself. Takes references. */
static bool choose_signer(struct job *j, const struct fx_tp *t, const struct fx_key_pair *k)
{
	bool renewal = t->own && t->key && !t->self_signed &&
	               X509_cmp_current_time(X509_get0_notAfter(t->own)) > 0;
	EVP_PKEY *key = renewal ? t->key->key : k->key;

	j->ask.type = renewal ? SCEP_RENEWAL_REQ : SCEP_PKCS_REQ;
	EVP_PKEY_up_ref(key);
	j->ask.key = key;
	if (renewal) {
		X509_up_ref(t->own);
		j->ask.cert = t->own;
	} else {
		j->ask.cert = scep_self(key, X509_REQ_get_subject_name(j->request));
	}
	return j->ask.cert != NULL;
}

static bool prepare(struct fx_scep *s, struct job *j, const struct fx_tp *t, char *why, size_t n)
{
	const struct fx_key_pair *k = choose_key(s, j, t, why, n);
	struct fx_applicant who;

	if (!k)
		return false;
	who = fx_enroll_who(s->pki, t->cfg);
	who.password = j->password;
	EVP_PKEY_up_ref(k->key);
	j->key = k->key;
	j->request = fx_enroll_req(t->cfg, k, &who, why, n);
	if (!j->request)
		return false;
	j->ask.to = &j->to;
	j->ask.digest = t->cfg->digest;
	if (choose_signer(j, t, k) && scep_transaction(k->key, j->ask.transaction))
		return true;
	snprintf(why, n, "OpenSSL could not make the request");
	return false;
}

static void begin(struct fx_scep *s, struct job *j, const struct fx_tp *t)
{
	j->at = UINT64_MAX;
	j->step = j->pending ? POLL : CAPS;
	if (j->step == CAPS)
		fetch(s, j, t, "GetCACaps", j->trustpoint, span_of(NULL, 0));
}

bool fx_scep_enroll(struct fx_scep *s, const char *trustpoint, const char *password, uint64_t now,
        char *why, size_t n)
{
	const struct fx_tp *t = reachable(s, trustpoint, why, n);
	struct job *j = t ? job_for(s, trustpoint) : NULL;

	(void)now;
	if (!j)
		return false;
	if (!t->ca) {
		snprintf(why, n, "the trustpoint is not authenticated yet");
		return false;
	}
	if (j->fn) {
		snprintf(why, n, "an exchange with the authority is under way");
		return false;
	}
	clear(s, j); /* the operator begins anew */
	j->why[0] = '\0';
	j->renew_at = UINT64_MAX;
	j->automatic = t->cfg->auto_enroll;
	if (password || t->cfg->password.n)
		j->password =
		        password ? xstrdup(password)
		                 : xstrndup((const char *)t->cfg->password.p, t->cfg->password.n);
	if (!prepare(s, j, t, why, n)) {
		clear(s, j);
		return false;
	}
	begin(s, j, fx_pki_tp(s->pki, trustpoint));
	return true;
}

/* The message that is due: by POST where the authority can, else within the URL. */
static void ask(struct fx_scep *s, struct job *j, const struct fx_tp *t, uint64_t now)
{
	uint8_t *der;
	size_t len;

	j->ask.request = j->request;
	j->ask.subject = X509_REQ_get_subject_name(j->request);
	if (j->step == POLL)
		j->ask.type = SCEP_CERT_POLL;
	else if (j->ask.type == SCEP_RENEWAL_REQ && !(j->ask.caps & SCEP_CAP_RENEWAL))
		j->ask.type = SCEP_PKCS_REQ; /* signed by the old certificate all the same */
	der = scep_build(&j->ask, &len);
	if (!der) {
		snprintf(j->why, sizeof(j->why), "OpenSSL could not make the message");
		later(s, j, t, now);
		return;
	}
	if (j->ask.caps & SCEP_CAP_POST) {
		fetch(s, j, t, "PKIOperation", NULL, span_of(der, len));
	} else {
		char *text = xmalloc(len / 3 * 4 + 8);

		EVP_EncodeBlock((uint8_t *)text, der, (int)len);
		fetch(s, j, t, "PKIOperation", text, span_of(NULL, 0));
		free(text);
	}
	OPENSSL_free(der);
}

static void granted(struct fx_scep *s, struct job *j, uint64_t now)
{
	const struct fx_tp *t = fx_pki_tp(s->pki, j->trustpoint);
	char why[120];

	if (!fx_enroll_issued(t, j->own, j->why, sizeof(j->why))) {
		X509_free(j->own);
		j->own = NULL;
		give_up(s, j, now);
		return;
	}
	log_msg(PKI_CERTRET, j->trustpoint);
	if (j->label) { /* the new key takes the place of the old one */
		char *to = xstrndup(j->label, strlen(j->label) - 1);

		if (fx_keys_rename(fx_pki_keys(s->pki), j->label, to, why, sizeof(why))) {
			free(j->label);
			j->label = NULL;
		}
		free(to);
		fx_pki_rekeyed(s->pki);
	}
	clear(s, j);
	j->why[0] = '\0';
	j->renew_at = t->cfg->auto_enroll ? now + MINUTE_MS : UINT64_MAX; /* the next look */
}

static void on_answer(
        struct fx_scep *s, struct job *j, const struct fx_tp *t, struct span body, uint64_t now)
{
	switch (scep_read(&j->ask, body, j->key, &j->own, j->why, sizeof(j->why))) {
	case SCEP_GRANTED:
		granted(s, j, now);
		return;
	case SCEP_PENDING:
		if (!j->pending)
			log_msg(PKI_CERTPENDING, j->trustpoint);
		j->pending = true;
		later(s, j, t, now);
		return;
	case SCEP_REFUSED:
		log_msg(PKI_CERTREJECT, j->trustpoint, j->why);
		give_up(s, j, now);
		return;
	case SCEP_BAD:
		later(s, j, t, now);
		return;
	}
}

/* GetCACert: shown to an operator, or, for an enrollment, compared with what he accepted. */
static void on_ca(
        struct fx_scep *s, struct job *j, const struct fx_tp *t, struct span body, uint64_t now)
{
	scep_ca_fini(&j->to);
	if (!scep_ca_read(body, j->ca_only ? NULL : t->ca, &j->to, j->why, sizeof(j->why))) {
		later(s, j, t, now);
		return;
	}
	if (!j->ca_only) {
		j->step = ASK;
		ask(s, j, t, now);
		return;
	}
	X509_up_ref(j->to.ca);
	j->ca = j->to.ca;
	j->told = true;
	clear(s, j);
}

static void on_fetched(struct fx_scep *s, struct job *j, const struct fetch_answer *a, uint64_t now)
{
	const struct fx_tp *t = fx_pki_tp(s->pki, j->trustpoint);
	struct span body = span_of(a->body, a->n);

	j->id = 0;
	if (j->step == CAPS) { /* one that does not know the question can what the oldest can */
		j->ask.caps = a->ok ? scep_caps(body) : 0;
		j->step = CA;
		fetch(s, j, t, "GetCACert", j->trustpoint, span_of(NULL, 0));
		return;
	}
	if (!a->ok) {
		snprintf(j->why, sizeof(j->why), "%s", a->why);
		log_msg(PKI_FETCH_FAIL, "SCEP", j->why);
		later(s, j, t, now);
	} else if (j->step == CA) {
		on_ca(s, j, t, body, now);
	} else {
		on_answer(s, j, t, body, now);
	}
}

/* ---- auto-enroll ----------------------------------------------------------------------------- */

/* How long until `auto-enroll N` wants another certificate; 0: now. */
static uint64_t ms_until_renewal(const struct fx_tp *t)
{
	const ASN1_TIME *from = X509_get0_notBefore(t->own), *to = X509_get0_notAfter(t->own);
	int days, seconds, gone_days, gone_seconds;
	int64_t whole, gone, due;

	if (ASN1_TIME_diff(&days, &seconds, from, to) != 1 ||
	        ASN1_TIME_diff(&gone_days, &gone_seconds, from, NULL) != 1)
		return DAY_MS;
	whole = (int64_t)days * 86400 + seconds;
	gone = (int64_t)gone_days * 86400 + gone_seconds;
	due = whole * (t->cfg->auto_percent ? t->cfg->auto_percent : 100) / 100 - gone;
	return due > 0 ? (uint64_t)due * 1000 : 0;
}

uint64_t fx_scep_renewal_ms(const struct fx_tp *t, uint64_t otherwise)
{
	uint64_t left = t->own ? ms_until_renewal(t) : 0;

	return left ? left : otherwise;
}

static void start_automatic(struct fx_scep *s, const struct fx_tp *t, uint64_t now)
{
	char why[160], *name = xstrdup(t->name);

	if (t->own)
		log_msg(PKI_CERT_RENEW_AUTO, name);
	else
		log_msg(PKI_CERT_ENROLL_AUTO, name);
	if (!fx_scep_enroll(s, name, NULL, now, why, sizeof(why))) {
		struct job *j = job_for(s, name);

		snprintf(j->why, sizeof(j->why), "%s", why);
		give_up(s, j, now);
		j->renew_at = now + AGAIN_MS;
	}
	free(name);
}

static void look_at(struct fx_scep *s, const struct fx_tp *t, uint64_t now)
{
	struct job *j;
	uint64_t left;

	if (!t->cfg->auto_enroll || t->cfg->enrollment != FX_ENROLL_URL || !t->cfg->url || !t->ca ||
	        !s->io.ask)
		return;
	j = job_for(s, t->name);
	if (j->fn || j->step != REST || j->own)
		return;
	if (!t->own || !t->key) {
		if (j->renew_at == UINT64_MAX || now >= j->renew_at)
			start_automatic(s, t, now);
		return;
	}
	left = ms_until_renewal(t);
	if (!left && (j->renew_at == UINT64_MAX || now >= j->renew_at))
		start_automatic(s, t, now);
	else if (left) /* clocks may be set meanwhile */
		j->renew_at = now + (left < DAY_MS ? left : DAY_MS);
}

/* ---- the machine's side ---------------------------------------------------------------------- */

static bool due(const struct job *j, uint64_t now)
{
	return (j->step != REST && !j->id && now >= j->at) || now >= j->renew_at;
}

static void run_due(struct fx_scep *s, uint64_t now)
{
	for (struct job *j = s->jobs; j; j = j->next) {
		const struct fx_tp *t = fx_pki_tp(s->pki, j->trustpoint);

		if (!t || !due(j, now))
			continue;
		if (j->step == REST) {
			look_at(s, t, now);
			if (j->step == REST && now >= j->renew_at)
				j->renew_at = UINT64_MAX; /* it is no longer wanted */
			continue;
		}
		begin(s, j, t);
		if (j->step == POLL)
			ask(s, j, t, now);
	}
}

void fx_scep_poll(struct fx_scep *s, uint64_t now)
{
	struct fetch_answer a;
	const struct fx_tp *t;

	while (s->io.poll && s->io.poll(s->io.ctx, &a)) {
		struct job *j = s->jobs;

		while (j && j->id != a.id)
			j = j->next;
		if (j && fx_pki_tp(s->pki, j->trustpoint))
			on_fetched(s, j, &a, now);
		free(a.body);
	}
	if (s->look) {
		s->look = false;
		for (size_t i = 0; (t = fx_pki_at(s->pki, i)); i++)
			look_at(s, t, now);
	}
	run_due(s, now);
}

uint64_t fx_scep_deadline(const struct fx_scep *s)
{
	uint64_t at = UINT64_MAX;

	for (const struct job *j = s->jobs; j; j = j->next) {
		if (j->step != REST && !j->id && j->at < at)
			at = j->at;
		if (j->renew_at < at)
			at = j->renew_at;
	}
	return at;
}

static void tell(struct job *j)
{
	fx_scep_ca_fn fn = j->fn;
	X509 *ca = j->ca;
	void *ctx = j->ctx;
	char why[sizeof(j->why)];

	memcpy(why, j->why, sizeof(why));
	j->fn = NULL;
	j->ca = NULL;
	j->told = false;
	if (fn)
		fn(ctx, ca, why); /* which may end the job */
	X509_free(ca);
}

bool fx_scep_take(struct fx_scep *s, struct strbuf *lines)
{
	for (struct job *j = s->jobs; j; j = j->next) {
		if (j->own) {
			fx_enroll_lines(
			        fx_pki_config(s->pki), j->trustpoint, FX_CERT_OWN, j->own, lines);
			X509_free(j->own);
			j->own = NULL;
			return true;
		}
		if (j->told) {
			tell(j);
			return true;
		}
	}
	return false;
}

struct fx_scep_state fx_scep_state(const struct fx_scep *s, const char *trustpoint)
{
	const struct job *j = job_find(s, trustpoint);
	struct fx_scep_state st = {.wait = FX_SCEP_IDLE, .at = UINT64_MAX, .last = ""};

	if (!j)
		return st;
	st.tries = j->tries;
	st.last = j->why;
	if (j->step == REST) {
		st.wait = j->renew_at == UINT64_MAX ? FX_SCEP_IDLE : FX_SCEP_RENEW;
		st.at = j->renew_at;
	} else {
		st.wait = j->id ? FX_SCEP_BUSY : j->pending ? FX_SCEP_PENDING : FX_SCEP_RETRY;
		st.at = j->at;
	}
	return st;
}
