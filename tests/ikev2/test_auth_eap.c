/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP in IKE_AUTH between two engines: our spoke against our hub, by every method, with passwords
 * of the hub's own and with a server elsewhere; wrong passwords; what a hub must not do; a second
 * authentication (RFC 4739).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_sign.h"

static struct world {
	const char *name, *password,
	        *again; /* what the spoke's person says; NULL: has nothing to say */
	bool hashed;    /* the hub keeps hashes only */
	unsigned asked, asked_name, asked_again, granted;
	char user[64]; /* to whom attributes were granted */
} w;

static const char users_password[] = "clientPass", users_name[] = "spoke7.lab.example";

/* ---- the spoke's person, the hub's users -------------------------------------------------- */

static enum ike_creds credentials(void *ctx, uint64_t owner, const struct ike_creds_ask *ask,
        struct secret *name, struct secret *password)
{
	const char *word = ask->again ? w.again : w.password;

	(void)ctx;
	(void)owner;
	w.asked++;
	w.asked_name += ask->name;
	w.asked_again += ask->again;
	if (!word)
		return IKE_CREDS_NONE;
	if (w.name)
		secret_set(name, w.name, strlen(w.name));
	secret_set(password, word, strlen(word));
	return IKE_CREDS_GIVEN;
}

static bool is_user(struct span name)
{
	return span_eq(name, span_of(users_name, strlen(users_name)));
}

static enum ike_eap_user eap_password(
        void *ctx, uint64_t owner, struct span name, struct secret *out)
{
	(void)ctx;
	(void)owner;
	if (!is_user(name))
		return IKE_EAP_UNKNOWN;
	if (w.hashed)
		return IKE_EAP_HASHED;
	secret_set(out, users_password, strlen(users_password));
	return IKE_EAP_KNOWN;
}

static bool eap_check(void *ctx, uint64_t owner, struct span name, struct span password)
{
	(void)ctx;
	(void)owner;
	return is_user(name) && span_eq(password, span_of(users_password, strlen(users_password)));
}

static void eap_user(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id,
        struct span name, struct ike_attrs *reply)
{
	static const uint8_t dns[] = {192, 168, 100, 53};
	static const struct ike_attr granted = {CFG_IP4_DNS, sizeof(dns), dns};

	(void)ctx;
	(void)owner;
	assert_int_not_equal(handle, 0);
	assert_int_not_equal(id->type, ID_NONE);
	assert_true(name.n < sizeof(w.user));
	w.granted++;
	snprintf(w.user, sizeof(w.user), "%.*s", (int)name.n, (const char *)name.p);
	*reply = (struct ike_attrs){.v = &granted, .n = 1};
}

static struct pair *eap_pair(uint8_t method)
{
	static const struct ike_attr want[] = {{CFG_IP4_ADDRESS, 0, NULL}, {CFG_IP4_DNS, 0, NULL}};
	struct pair *p = pair_with_keys(NULL, "P-256");
	struct ike_ops *hub = &p->s[B].ike->ops;

	w = (struct world){.password = users_password};
	p->s[A].ike->ops.credentials = credentials;
	hub->eap_password = eap_password;
	hub->eap_check = eap_check;
	hub->eap_user = eap_user;
	pair_methods(p, A, IKE_AUTH_EAP, SIGNED);
	pair_methods(p, B, IKE_AUTH_ECDSA, 1u << IKE_AUTH_EAP);
	p->s[A].peering.eap_method = method;
	p->s[A].peering.local_id = ike_id_text(ID_FQDN, users_name);
	p->s[A].peering.cfg_request = (struct ike_attrs){.v = want, .n = ARRAY_LEN(want)};
	return p;
}

static void info_of(struct pair *p, int side, struct ike_sa_info *i)
{
	assert_true(ike_sa_info(p->s[side].ike, pair_handle(p, side), i));
}

static void is_up(struct pair *p, uint8_t method)
{
	struct ike_sa_info a, b;

	pair_agree(p);
	pair_reported(p, A, IKE_AUTH_EAP, IKE_AUTH_ECDSA);
	pair_reported(p, B, IKE_AUTH_ECDSA, IKE_AUTH_EAP);
	info_of(p, A, &a);
	info_of(p, B, &b);
	assert_int_equal(a.eap_method, method);
	assert_int_equal(b.eap_method, method);
	assert_true(span_eq(b.eap_name, span_of(users_name, strlen(users_name))));
	assert_string_equal(w.user, users_name);
	assert_int_equal(p->s[A].attr[0].type,
	        CFG_IP4_ADDRESS); /* the first request's CFG_REQUEST, answered last */
	assert_int_equal(p->s[A].attr[1].type, CFG_IP4_DNS);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_UP], 1);
}

static void refused(struct pair *p, enum ike_reason why)
{
	pair_connect(p);
	pair_run(p, 3 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, why);
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(pair_sas(p, B), 0);
	assert_int_equal(w.granted, 0);
}

/* ---- the hub's own users -------------------------------------------------------------------- */

static void every_method_lets_a_user_in(void **state)
{
	static const uint8_t method[] = {IKE_EAP_MSCHAPV2, IKE_EAP_MD5, IKE_EAP_GTC};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(method); i++)
		for (int query = 0; query < 2; query++) {
			struct pair *p = eap_pair(method[i]);

			p->s[B].peering.eap_query_identity = query;
			w.name = query ? users_name : NULL;
			pair_up(p);
			is_up(p, method[i]);
			assert_int_equal(w.asked_name, query);
			ike_rekey_ike(p->s[A].ike, p->handle, p->now);
			pair_run(p, MINUTE);
			pair_agree(p);
			pair_end(p);
		}
}

static void without_a_choice_it_is_mschapv2_and_with_hashes_gtc(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_ANY);

	(void)state;
	pair_up(p);
	is_up(p, IKE_EAP_MSCHAPV2);
	pair_end(p);
	p = eap_pair(IKE_EAP_ANY);
	w.hashed = true;
	pair_up(p);
	is_up(p, IKE_EAP_GTC);
	pair_end(p);
}

static void with_a_name_asked_for_an_address_may_be_the_identity(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_ANY);

	(void)state;
	p->s[A].peering.local_id = ike_id_addr(&p->s[A].at.addr);
	p->s[B].peering.eap_query_identity = true;
	w.name = users_name;
	pair_up(p);
	is_up(p, IKE_EAP_MSCHAPV2);
	pair_end(p);
	p = eap_pair(IKE_EAP_ANY);
	p->s[A].peering.local_id = ike_id_addr(&p->s[A].at.addr);
	w.name = users_name;
	refused(p, IKE_R_AUTH_FAILED);
	assert_int_equal(w.asked, 0);
	pair_end(p);
}

static void a_wrong_password_may_be_given_again(void **state)
{
	static const uint8_t method[] = {IKE_EAP_MSCHAPV2, IKE_EAP_GTC};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(method); i++) {
		struct pair *p = eap_pair(method[i]);

		w.password = "mistyped";
		w.again = users_password;
		pair_up(p);
		is_up(p, method[i]);
		assert_int_equal(w.asked_again, 1);
		pair_end(p);
	}
}

static void wrong_passwords_and_strange_names_end_it_alike(void **state)
{
	static const uint8_t method[] = {IKE_EAP_MSCHAPV2, IKE_EAP_MD5, IKE_EAP_GTC};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(method); i++)
		for (int stranger = 0; stranger < 2; stranger++) {
			struct pair *p = eap_pair(method[i]);

			w.password = w.again = stranger ? users_password : "wrong";
			if (stranger)
				p->s[A].peering.local_id =
				        ike_id_text(ID_FQDN, "nobody.lab.example");
			refused(p, IKE_R_EAP);
			assert_int_equal(p->s[B].ike->n.auth_failed, 1);
			pair_end(p);
		}
}

/* The guide: the responder of EAP proves itself by certificate. */
static void a_hub_without_a_certificate_refuses_eap(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_ANY);

	(void)state;
	pair_methods(p, B, IKE_AUTH_PSK, 1u << IKE_AUTH_EAP);
	refused(p, IKE_R_AUTH_FAILED);
	assert_int_equal(w.asked, 0);
	pair_end(p);
}

static bool lose_a_sixth(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	p->calls = p->calls * 1103515245u + 12345u;
	return (p->calls >> 16) % 6 != 0;
}

static void loss_delays_it_only(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		struct pair *p = eap_pair(IKE_EAP_MSCHAPV2);

		p->calls = seed;
		p->filter = lose_a_sixth;
		pair_connect(p);
		pair_run(p, 80 * SECOND);
		p->filter = NULL;
		pair_run(p, 2 * MINUTE);
		if (p->s[A].count[IKE_EV_ESTABLISHED])
			pair_agree(p);
		assert_int_equal(w.asked, 1);
		pair_end(p);
	}
}

static bool only_first_two(struct pair *p, int from, struct dgram *d)
{
	(void)d;
	return from == B || p->calls++ < 2;
}

static void who_stops_talking_is_forgotten(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_MSCHAPV2);

	(void)state;
	p->s[B].peering.eap_timeout_s = 45;
	p->filter = only_first_two;
	pair_connect(p);
	pair_run(p, 44 * SECOND);
	assert_int_equal(pair_sas(p, B), 1);
	pair_run(p, 2 * SECOND);
	assert_int_equal(pair_sas(p, B), 0);
	pair_end(p);
}

/* ---- a server elsewhere ---------------------------------------------------------------------- */

/* It asks by MD5, which takes two steps, or whatever the script says. */
struct elsewhere {
	struct eap_server *server;
	unsigned packets;
};

static void no_debug(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}
static void zeros(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	memset(dst, 7, n);
}
static bool any_password(void *ctx, struct span name, struct secret *out)
{
	(void)ctx;
	(void)name;
	secret_set(out, users_password, strlen(users_password));
	return true;
}

static void server_answers(struct pair *p, struct elsewhere *e)
{
	static const enum ike_eap_verdict verdict[] = {[EAP_ASK] = IKE_EAP_GOES_ON,
	        [EAP_GRANTED] = IKE_EAP_GRANTED,
	        [EAP_REFUSED] = IKE_EAP_REFUSED};
	struct eap_server_ops ops = {.random = zeros, .password = any_password, .debug = no_debug};
	struct ike_eap_said said = {.token = p->s[B].last[IKE_EV_EAP].eap_token};
	struct eap_packet out;
	enum eap_verdict v;
	struct span name;

	e->packets++;
	if (!e->server) {
		assert_true(eap_identity_of(span_of(p->s[B].eap, p->s[B].n_eap), &name));
		assert_true(is_user(name));
		e->server = eap_server_new(&ops, name);
		v = eap_server_start(e->server, false, &out);
	} else {
		v = eap_server_rx(e->server, span_of(p->s[B].eap, p->s[B].n_eap), &out);
	}
	said.verdict = verdict[v];
	said.packet = span_of(out.b, out.n);
	said.msk = eap_server_msk(e->server);
	said.name = v == EAP_GRANTED ? eap_server_name(e->server) : (struct span){0};
	ike_eap_said(p->s[B].ike, p->s[B].last[IKE_EV_EAP].handle, &said, p->now);
	said.token++; /* an answer to something that was never asked */
	ike_eap_said(p->s[B].ike, p->s[B].last[IKE_EV_EAP].handle, &said, p->now);
}

static void talk_elsewhere(struct pair *p, struct elsewhere *e, uint64_t delay)
{
	while (p->s[B].count[IKE_EV_EAP] > e->packets) {
		pair_run(p, delay);
		server_answers(p, e);
		pair_settle(p);
	}
}

static void a_server_elsewhere_asks(void **state)
{
	static const uint8_t method[] = {IKE_EAP_MSCHAPV2, IKE_EAP_MD5, IKE_EAP_GTC};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (int query = 0; query < 2; query++) {
			struct pair *p = eap_pair(method[i]);
			struct elsewhere e = {0};

			p->s[B].peering.eap_elsewhere = true;
			p->s[B].peering.eap_query_identity = query;
			w.name = query ? users_name : NULL;
			pair_connect(p);
			talk_elsewhere(
			        p, &e, 5 * SECOND); /* slow: our requests are repeated meanwhile */
			is_up(p, method[i]);
			eap_server_free(e.server);
			pair_end(p);
		}
}

static void a_refusal_from_elsewhere_ends_it(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_MD5);
	struct elsewhere e = {0};

	(void)state;
	p->s[B].peering.eap_elsewhere = true;
	w.password = "wrong";
	pair_connect(p);
	talk_elsewhere(p, &e, 0);
	pair_run(p, 2 * MINUTE);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_EAP);
	assert_int_equal(pair_sas(p, B), 0);
	eap_server_free(e.server);
	pair_end(p);
}

static void a_server_elsewhere_that_is_silent_costs_nothing_for_ever(void **state)
{
	struct pair *p = eap_pair(IKE_EAP_MD5);
	struct elsewhere e = {0};

	(void)state;
	p->s[B].peering.eap_elsewhere = true;
	pair_connect(p);
	assert_int_equal(p->s[B].count[IKE_EV_EAP], 1);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(p->s[B].count[IKE_EV_EAP], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_TIMEOUT);
	assert_int_equal(pair_sas(p, B), 0);
	server_answers(p, &e); /* too late, and nobody is hurt */
	pair_run(p, MINUTE);
	eap_server_free(e.server);
	pair_end(p);
}

/* ---- RFC 4739 ----------------------------------------------------------------------------------
 */

static struct pair *twice(enum ike_auth first)
{
	struct pair *p = eap_pair(IKE_EAP_ANY);

	if (first != IKE_AUTH_PSK) {
		signers[A].key = EVP_PKEY_dup(signers[B].key);
		memcpy(signers[A].der, signers[B].der, signers[B].n);
		signers[A].n = signers[B].n;
	}
	pair_methods(p, A, first, SIGNED);
	pair_methods(p, B, IKE_AUTH_ECDSA, 1u << first);
	p->s[A].peering.local_eap_too = p->s[B].peering.remote_eap_too = true;
	return p;
}

static void two_authentications_follow_each_other(void **state)
{
	static const enum ike_auth first[] = {IKE_AUTH_PSK, IKE_AUTH_ECDSA};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		struct pair *p = twice(first[i]);

		pair_up(p);
		pair_agree(p);
		assert_int_equal(w.granted, 1);
		assert_string_equal(w.user, users_name);
		assert_int_equal(p->s[A].attr[0].type, CFG_IP4_ADDRESS);
		ike_rekey_child(p->s[B].ike, p->s[B].child[0].spi_in, p->now);
		pair_run(p, MINUTE);
		pair_agree(p);
		pair_end(p);
	}
}

static void the_first_alone_is_not_enough(void **state)
{
	struct pair *p = twice(IKE_AUTH_PSK);

	(void)state;
	p->s[A].peering.local_eap_too = false;
	refused(p, IKE_R_AUTH_FAILED);
	pair_end(p);
	p = twice(IKE_AUTH_PSK);
	w.password = "wrong";
	refused(p, IKE_R_EAP);
	pair_end(p);
	p = twice(IKE_AUTH_PSK);
	pair_key(p, A, "another key than the hub's");
	refused(p, IKE_R_AUTH_FAILED);
	assert_int_equal(w.asked, 0);
	pair_end(p);
}

static void a_hub_that_knows_of_one_gets_one(void **state)
{
	struct pair *p = twice(IKE_AUTH_PSK);

	(void)state;
	p->s[B].peering.remote_eap_too = false;
	pair_up(p);
	pair_agree(p);
	assert_int_equal(w.asked, 0);
	pair_end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_method_lets_a_user_in),
	        cmocka_unit_test(without_a_choice_it_is_mschapv2_and_with_hashes_gtc),
	        cmocka_unit_test(with_a_name_asked_for_an_address_may_be_the_identity),
	        cmocka_unit_test(a_wrong_password_may_be_given_again),
	        cmocka_unit_test(wrong_passwords_and_strange_names_end_it_alike),
	        cmocka_unit_test(a_hub_without_a_certificate_refuses_eap),
	        cmocka_unit_test(loss_delays_it_only),
	        cmocka_unit_test(who_stops_talking_is_forgotten),
	        cmocka_unit_test(a_server_elsewhere_asks),
	        cmocka_unit_test(a_refusal_from_elsewhere_ends_it),
	        cmocka_unit_test(a_server_elsewhere_that_is_silent_costs_nothing_for_ever),
	        cmocka_unit_test(two_authentications_follow_each_other),
	        cmocka_unit_test(the_first_alone_is_not_enough),
	        cmocka_unit_test(a_hub_that_knows_of_one_gets_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
