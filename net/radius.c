/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RADIUS over libradcli: see radius.h. A few threads take questions from one list and put answers
 * into another; each question gets a handle of the library's own, so that none knows of the others.
 */
#include "net/radius.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <radcli/radcli.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

enum { THREADS = 4, CHUNK = 253, MPPE_SALT = 2, MD5_LEN = 16 };

/* All that is said or understood here; the library itself adds our address. */
static const char dictionary[] = "ATTRIBUTE User-Name 1 string\n"
                                 "ATTRIBUTE NAS-IP-Address 4 ipaddr\n"
                                 "ATTRIBUTE NAS-Port 5 integer\n"
                                 "ATTRIBUTE Reply-Message 18 string\n"
                                 "ATTRIBUTE State 24 string\n"
                                 "ATTRIBUTE Class 25 string\n"
                                 "ATTRIBUTE Calling-Station-Id 31 string\n"
                                 "ATTRIBUTE NAS-Identifier 32 string\n"
                                 "ATTRIBUTE EAP-Message 79 string\n"
                                 "ATTRIBUTE Message-Authenticator 80 string\n"
                                 "ATTRIBUTE NAS-IPv6-Address 95 ipv6addr\n"
                                 "VENDOR Microsoft 311\n"
                                 "ATTRIBUTE MS-MPPE-Send-Key 16 string Microsoft\n"
                                 "ATTRIBUTE MS-MPPE-Recv-Key 17 string Microsoft\n";

struct job {
	struct job *next;
	uint32_t id;
	SERVER server; /* its names and keys are the job's */
	uint32_t timeout_s, retransmit;
	struct secret user, packet, state;
	char *station, *nas;
	struct radius_answer answer;
};

struct radius {
	pthread_t thread[THREADS];
	int n_thread;
	pthread_mutex_t lock; /* over all below */
	pthread_cond_t more;
	struct job *asked, **asked_tail, *done;
	bool stop;
	int event;
};

static void job_free(struct job *j)
{
	for (int i = 0; i < j->server.max; i++) {
		free(j->server.name[i]);
		wipe(j->server.secret[i], strlen(j->server.secret[i]));
		free(j->server.secret[i]);
	}
	secret_wipe(&j->user);
	secret_wipe(&j->packet);
	secret_wipe(&j->state);
	free(j->station);
	free(j->nas);
	wipe(&j->answer, sizeof(j->answer));
	free(j);
}

/* ---- one question
 * ------------------------------------------------------------------------------------------------------
 */

/* The library finds keys by server in the handle's own list, whose text form has no room for every
 * character of a key: so one is entered as text, and the list replaced. The handle owns its
 * strings. */
static bool put_servers(rc_handle *rh, const struct job *j)
{
	SERVER *list;

	if (!j->server.max || rc_add_config(rh, "authserver", "127.0.0.1:1:x", "spoke", 0) != 0)
		return false;
	list = rc_conf_srv(rh, "authserver");
	if (!list || list->max != 1)
		return false;
	free(list->name[0]);
	free(list->secret[0]);
	for (int i = 0; i < j->server.max; i++) {
		list->name[i] = xstrdup(j->server.name[i]);
		list->secret[i] = xstrdup(j->server.secret[i]);
		list->port[i] = j->server.port[i];
		list->deadtime_ends[i] = -1;
	}
	list->max = j->server.max;
	return true;
}

static rc_handle *handle_for(const struct job *j)
{
	rc_handle *rh = rc_new();
	char timeout[16], retries[16];

	snprintf(timeout, sizeof(timeout), "%u", j->timeout_s);
	snprintf(retries, sizeof(retries), "%u", j->retransmit);
	if (rh && rc_config_init(rh) &&
	        rc_add_config(rh, "radius_timeout", timeout, "spoke", 0) == 0 &&
	        rc_add_config(rh, "radius_retries", retries, "spoke", 0) == 0 &&
	        put_servers(rh, j) &&
	        rc_read_dictionary_from_buffer(rh, dictionary, strlen(dictionary)) == 0 &&
	        rc_apply_config(rh) == 0)
		return rh;
	if (rh)
		rc_destroy(rh);
	return NULL;
}

static bool add(rc_handle *rh, VALUE_PAIR **to, int attribute, struct span s)
{
	return rc_avpair_add(rh, to, attribute, s.p, (int)s.n, 0) != NULL;
}

static bool say(rc_handle *rh, const struct job *j, VALUE_PAIR **to)
{
	struct span rest = secret_span(&j->packet);
	bool ok = add(rh, to, PW_USER_NAME, secret_span(&j->user)) &&
	          add(rh, to, PW_NAS_IDENTIFIER, span_of(j->nas, strlen(j->nas))) &&
	          add(rh, to, PW_CALLING_STATION_ID, span_of(j->station, strlen(j->station)));

	if (ok && j->state.n)
		ok = add(rh, to, PW_STATE, secret_span(&j->state));
	while (ok && rest.n) { /* RFC 3579 §3.1: in pieces of 253 octets */
		size_t n = rest.n < CHUNK ? rest.n : CHUNK;

		ok = add(rh, to, PW_EAP_MESSAGE, span_of(rest.p, n));
		rest = span_of(rest.p + n, rest.n - n);
	}
	return ok;
}

/* One block of RFC 2548 §2.4.2: cipher XOR MD5(secret ‖ what stands in front). */
static bool block(const char *key, struct span a, struct span b, const uint8_t in[MD5_LEN],
        uint8_t out[MD5_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t md[MD5_LEN];
	bool ok = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1 &&
	          EVP_DigestUpdate(c, key, strlen(key)) == 1 &&
	          EVP_DigestUpdate(c, a.p, a.n) == 1 && EVP_DigestUpdate(c, b.p, b.n) == 1 &&
	          EVP_DigestFinal_ex(c, md, NULL) == 1;

	EVP_MD_CTX_free(c);
	for (size_t i = 0; ok && i < MD5_LEN; i++)
		out[i] = in[i] ^ md[i];
	wipe(md, sizeof(md));
	return ok;
}

/* A key of at most 32 octets. 0: malformed. */
static size_t mppe(const VALUE_PAIR *vp, const char *key, const uint8_t *vector, uint8_t out[32])
{
	const uint8_t *s = (const uint8_t *)vp->strvalue;
	uint8_t clear[48];
	size_t n = vp->lvalue;

	if (n < MPPE_SALT + MD5_LEN || (n - MPPE_SALT) % MD5_LEN || n - MPPE_SALT > sizeof(clear))
		return 0;
	struct span before = span_of(vector, AUTH_VECTOR_LEN), salt = span_of(s, MPPE_SALT);

	for (size_t at = 0; at < n - MPPE_SALT; at += MD5_LEN) {
		if (!block(key, before, salt, s + MPPE_SALT + at, clear + at))
			return 0;
		before = span_of(s + MPPE_SALT + at, MD5_LEN);
		salt = (struct span){0};
	}
	size_t len = clear[0] <= 32 && clear[0] < n - MPPE_SALT ? clear[0] : 0;

	memcpy(out, clear + 1, len);
	wipe(clear, sizeof(clear));
	return len;
}

/* RFC 7296 §2.16 with RFC 2548: the MSK is what we receive with, then what we send with. */
static void take_keys(struct radius_answer *a, VALUE_PAIR *vp, RC_AAA_CTX *ctx)
{
	const VALUE_PAIR *recv = rc_avpair_get(vp, PW_MS_MPPE_RECV_KEY, VENDOR_MICROSOFT),
	                 *send = rc_avpair_get(vp, PW_MS_MPPE_SEND_KEY, VENDOR_MICROSOFT);
	const char *key = ctx ? rc_aaa_ctx_get_secret(ctx) : NULL;
	const uint8_t *vector = ctx ? rc_aaa_ctx_get_vector(ctx) : NULL;
	uint8_t r[32], s[32];

	if (!recv || !send || !key)
		return;
	size_t n_r = mppe(recv, key, vector, r), n_s = mppe(send, key, vector, s);

	if (n_r && n_s) {
		memcpy(a->msk, r, n_r);
		memcpy(a->msk + n_r, s, n_s);
		a->n_msk =
		        sizeof(a->msk); /* 64 octets, zeros behind shorter keys (RFC 3748 §7.10) */
	}
	wipe(r, sizeof(r));
	wipe(s, sizeof(s));
}

static void take_attribute(struct radius_answer *a, const VALUE_PAIR *v)
{
	size_t n = v->lvalue;

	if (v->attribute == PW_EAP_MESSAGE && a->n_packet + n <= sizeof(a->packet)) {
		memcpy(a->packet + a->n_packet, v->strvalue, n);
		a->n_packet += n;
	} else if (v->attribute == PW_STATE && n <= sizeof(a->state)) {
		memcpy(a->state, v->strvalue, n);
		a->n_state = n;
	} else if (v->attribute == PW_USER_NAME && !memchr(v->strvalue, '\0', n)) {
		snprintf(a->user, sizeof(a->user), "%.*s", (int)n, v->strvalue);
	}
}

static enum radius_code code_of(int rc)
{
	return rc == OK_RC          ? RADIUS_ACCEPT
	       : rc == REJECT_RC    ? RADIUS_REJECT
	       : rc == CHALLENGE_RC ? RADIUS_CHALLENGE
	                            : RADIUS_SILENT;
}

static void run(struct job *j)
{
	rc_handle *rh = handle_for(j);
	VALUE_PAIR *send = NULL, *received = NULL;
	RC_AAA_CTX *ctx = NULL;

	if (rh && say(rh, j, &send))
		j->answer.code = code_of(
		        rc_aaa_ctx(rh, &ctx, 0, send, &received, NULL, 0, PW_ACCESS_REQUEST));
	for (VALUE_PAIR *v = received; v; v = v->next)
		take_attribute(&j->answer, v);
	take_keys(&j->answer, received, ctx);
	if (ctx)
		rc_aaa_ctx_free(ctx);
	rc_avpair_free(received);
	rc_avpair_free(send);
	if (rh)
		rc_destroy(rh);
}

/* ---- threads
 * -------------------------------------------------------------------------------------------------------------
 */

static void *work(void *arg)
{
	struct radius *r = arg;
	const uint64_t one = 1;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (!r->asked && !r->stop)
			pthread_cond_wait(&r->more, &r->lock);
		struct job *j = r->asked;

		if (r->stop)
			break;
		r->asked = j->next;
		if (!r->asked)
			r->asked_tail = &r->asked;
		pthread_mutex_unlock(&r->lock);
		run(j);
		pthread_mutex_lock(&r->lock);
		j->next = r->done;
		r->done = j;
		if (write(r->event, &one, sizeof(one)) < 0)
			continue; /* it is readable already */
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void start_threads(struct radius *r)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (r->n_thread < THREADS && pthread_create(&r->thread[r->n_thread], NULL, work, r) == 0)
		r->n_thread++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct radius *radius_new(void)
{
	struct radius *r = xcalloc(1, sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	r->asked_tail = &r->asked;
	r->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->event >= 0)
		return r;
	radius_free(r);
	return NULL;
}

void radius_free(struct radius *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	for (int i = 0; i < r->n_thread; i++)
		pthread_join(r->thread[i], NULL);
	for (int i = 0; i < 2; i++)
		for (struct job *j = i ? r->done : r->asked, *next; j; j = next) {
			next = j->next;
			job_free(j);
		}
	if (r->event >= 0)
		close(r->event);
	pthread_cond_destroy(&r->more);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

int radius_fd(const struct radius *r)
{
	return r->event;
}

/* ---- the owner's side
 * ------------------------------------------------------------------------------------------------------
 */

static char *text_of(struct span s)
{
	char *p = xcalloc(1, s.n + 1);

	memcpy(p, s.p, s.n);
	return p;
}

static void keep_servers(struct job *j, const struct radius_question *q)
{
	char text[IPADDR_STRLEN];

	for (size_t i = 0; i < q->n_server && i < SERVER_MAX; i++) {
		int n = j->server.max++;

		j->server.name[n] = xstrdup(ipaddr_fmt(&q->server[i].addr, text));
		j->server.port[n] = q->server[i].port;
		j->server.secret[n] = text_of(q->server[i].key);
	}
	j->timeout_s = q->n_server && q->server->timeout_s ? q->server->timeout_s : 5;
	j->retransmit = q->n_server && q->server->retransmit ? q->server->retransmit : 3;
}

static void ask(void *ctx, uint32_t id, const struct radius_question *q)
{
	struct radius *r = ctx;
	struct job *j = xcalloc(1, sizeof(*j));

	j->id = j->answer.id = id;
	keep_servers(j, q);
	secret_set(&j->user, q->user.p, q->user.n);
	secret_set(&j->packet, q->packet.p, q->packet.n);
	if (q->state.n)
		secret_set(&j->state, q->state.p, q->state.n);
	j->station = xstrdup(q->station);
	j->nas = xstrdup(q->nas);
	if (!r->n_thread) /* nobody has asked before */
		start_threads(r);
	pthread_mutex_lock(&r->lock);
	*r->asked_tail = j;
	r->asked_tail = &j->next;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
}

static bool poll_answer(void *ctx, struct radius_answer *out)
{
	struct radius *r = ctx;
	uint64_t n;

	pthread_mutex_lock(&r->lock);
	struct job *j = r->done;

	if (j)
		r->done = j->next;
	else if (read(r->event, &n, sizeof(n)) < 0)
		n = 0;
	pthread_mutex_unlock(&r->lock);
	if (!j)
		return false;
	*out = j->answer;
	job_free(j);
	return true;
}

struct radius_io radius_io(struct radius *r)
{
	return (struct radius_io){r, ask, poll_answer};
}
