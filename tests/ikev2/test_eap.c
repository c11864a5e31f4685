/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EAP as the peer that is asked: the vectors of RFC 2759 §9.2 and RFC 3079 §3.5.3 (128-bit keys),
 * and what a server may do wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ikev2/eap.h"
#include "ikev2/mschapv2.h"
#include "lib_hex.h"

/* ---- a person and a server ---------------------------------------------------------- */

struct desk {
	struct eap_peer *peer;
	const char *name, *password, *second; /* second: given when the first was refused */
	bool wait;                            /* nobody is at the desk yet */
	unsigned asked, asked_name, asked_again;
	struct eap_packet out;
};

static const uint8_t peer_challenge[16] = {0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a, 0x28,
        0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e};

static void challenge(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	assert_int_equal(n, sizeof(peer_challenge));
	memcpy(dst, peer_challenge, n);
}

static enum ike_creds credentials(
        void *ctx, const struct ike_creds_ask *ask, struct secret *name, struct secret *password)
{
	struct desk *d = ctx;
	const char *word = ask->again ? d->second : d->password;

	d->asked++;
	d->asked_name += ask->name;
	d->asked_again += ask->again;
	if (d->wait)
		return IKE_CREDS_WAIT;
	if (!word)
		return IKE_CREDS_NONE;
	if (d->name)
		secret_set(name, d->name, strlen(d->name));
	secret_set(password, word, strlen(word));
	return IKE_CREDS_GIVEN;
}

static void open_desk(struct desk *d, uint8_t method)
{
	struct eap_peer_ops ops = {.ctx = d, .random = challenge, .credentials = credentials};

	d->peer = eap_peer_new(&ops, span_of("spoke7", 6), method);
}

static void close_desk(struct desk *d)
{
	eap_peer_free(d->peer);
	eap_packet_wipe(&d->out);
}

/* The server says a packet, in hexadecimal. */
static enum eap_result say(struct desk *d, const char *packet)
{
	size_t n = strlen(packet) / 2;
	uint8_t *octets = malloc(n); /* exactly as long: a read past the end is seen */

	assert_true(hex_parse(packet, octets, n));
	enum eap_result r = eap_peer_rx(d->peer, span_of(octets, n), &d->out);

	free(octets);
	return r;
}

static void answers(struct desk *d, const char *packet)
{
	char *text = malloc(2 * d->out.n + 1);

	hex_fmt(text, d->out.b, d->out.n);
	assert_string_equal(text, packet);
	free(text);
}

#define CHALLENGE "0107001d1a01070018105b5d7c7d7b3f2f3e3c2c602132262628687562"
#define RESPONSE                                                                                   \
	"0207003f1a0207003a3121402324255e262a28295f2b3a337c7e000000000000000082309ecd8d708b5ea08f" \
	"aa3981cd83544233114a3d85d6"                                                               \
	"df0055736572"
#define SUCCESS                                                                                    \
	"010800381a03070033533d343037413535383931313546443044363230394635313046453943303435363639" \
	"33324344413536204d3d6f6b"

/* ---- arithmetic ------------------------------------------------------------------------ */

static void the_example_of_rfc_2759_comes_out(void **state)
{
	uint8_t auth[16];
	struct mschap_in in = {.name = span_of("User", 4),
	        .password = span_of("clientPass", 10),
	        .auth_challenge = auth,
	        .peer_challenge = peer_challenge};
	struct mschap_out out;
	uint8_t want[MSCHAP_MSK];

	(void)state;
	assert_true(hex_parse("5b5d7c7d7b3f2f3e3c2c602132262628", auth, sizeof(auth)));
	assert_true(mschap_compute(&in, &out));
	assert_true(hex_parse(
	        "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df", want, sizeof(out.nt_response)));
	assert_memory_equal(out.nt_response, want, sizeof(out.nt_response));
	assert_string_equal(out.proof, "S=407A5589115FD0D6209F510FE9C04566932CDA56");
	memset(want, 0, sizeof(want));
	assert_true(hex_parse(
	        "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb", want, 32));
	assert_memory_equal(out.msk, want, sizeof(want));
}

static void the_domain_is_no_part_of_the_name(void **state)
{
	uint8_t auth[16] = {0};
	struct mschap_in in = {.password = span_of("x", 1),
	        .auth_challenge = auth,
	        .peer_challenge = peer_challenge};
	struct mschap_out bare, with;

	(void)state;
	in.name = span_of("User", 4);
	assert_true(mschap_compute(&in, &bare));
	in.name = span_of("LAB\\User", 8);
	assert_true(mschap_compute(&in, &with));
	assert_memory_equal(&bare, &with, sizeof(bare));
}

/* Octets that are no UTF-8 are taken one by one: the same as their Latin-1 characters. */
static void passwords_are_utf8(void **state)
{
	uint8_t auth[16] = {0};
	struct mschap_in in = {
	        .name = span_of("u", 1), .auth_challenge = auth, .peer_challenge = peer_challenge};
	struct mschap_out utf8, latin1, clef;

	(void)state;
	in.password = span_of("gr\xc3\xbcn", 5);
	assert_true(mschap_compute(&in, &utf8));
	in.password = span_of("gr\xfcn", 4);
	assert_true(mschap_compute(&in, &latin1));
	assert_memory_equal(&utf8, &latin1, sizeof(utf8));
	in.password = span_of(
	        "\xf0\x9d\x84\x9e", 4); /* outside of the basic plane: a pair of surrogates */
	assert_true(mschap_compute(&in, &clef));
	assert_memory_not_equal(clef.nt_response, utf8.nt_response, sizeof(clef.nt_response));
}

/* ---- MSCHAPv2 ----------------------------------------------------------------------------- */

static void mschapv2_goes_through_and_yields_a_key(void **state)
{
	struct desk d = {.name = "User", .password = "clientPass"};
	uint8_t msk[64] = {0};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	answers(&d, RESPONSE);
	assert_int_equal(say(&d, SUCCESS), EAP_SEND);
	answers(&d, "020800061a03");
	assert_int_equal(say(&d, "03080004"), EAP_DONE);
	assert_true(hex_parse(
	        "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb", msk, 32));
	assert_int_equal(eap_peer_msk(d.peer).n, sizeof(msk));
	assert_memory_equal(eap_peer_msk(d.peer).p, msk, sizeof(msk));
	assert_int_equal(eap_peer_method(d.peer), IKE_EAP_MSCHAPV2);
	assert_int_equal(d.asked, 1);
	close_desk(&d);
}

static void a_server_that_does_not_know_the_password_is_refused(void **state)
{
	struct desk d = {.name = "User", .password = "clientPass"};
	char wrong[] = SUCCESS;

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	wrong[25] = wrong[25] == '4' ? '5' : '4';
	assert_int_equal(say(&d, wrong), EAP_FAILED);
	close_desk(&d);
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	assert_int_equal(say(&d, "03080004"), EAP_FAILED); /* Success without proof */
	close_desk(&d);
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "03080004"), EAP_FAILED); /* Success without anything */
	close_desk(&d);
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, SUCCESS), EAP_FAILED); /* proof of nothing */
	close_desk(&d);
}

/* E=691 R=1 C=<challenge> V=3 M=no */
#define RETRY                                                                                      \
	"0108003e1a0407003945"                                                                     \
	"3d36393120523d3120433d3542354437433744374233463246334533433243363032313332323632363238"   \
	"20563d33204d3d6e6f"

static void a_wrong_password_may_be_given_again(void **state)
{
	struct desk d = {.name = "User", .password = "wrong", .second = "clientPass"};
	char want[] = RESPONSE;

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	assert_int_equal(say(&d, RETRY), EAP_SEND);
	want[3] = '8';  /* identifier of the request */
	want[13] = '8'; /* MS-CHAPv2-ID: one more */
	answers(&d, want);
	assert_int_equal(d.asked_again, 1);
	assert_int_equal(say(&d, SUCCESS), EAP_SEND);
	assert_int_equal(say(&d, "03080004"), EAP_DONE);
	close_desk(&d);
}

static void without_another_password_the_refusal_is_acknowledged(void **state)
{
	struct desk d = {.name = "User", .password = "wrong"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	assert_int_equal(say(&d, RETRY), EAP_SEND);
	answers(&d, "020800061a04");
	assert_int_equal(say(&d, "04080004"), EAP_FAILED);
	assert_int_equal(eap_peer_msk(d.peer).n, 0);
	close_desk(&d);
}

/* E=648 R=0 V=3: the password has expired, and is not changed here. */
static void an_expired_password_is_not_changed(void **state)
{
	struct desk d = {.name = "User", .password = "clientPass", .second = "clientPass"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	assert_int_equal(say(&d, "010800161a0407001145"
	                         "3d36343820523d3020563d33"),
	        EAP_SEND);
	answers(&d, "020800061a04");
	assert_int_equal(d.asked, 1);
	close_desk(&d);
}

/* ---- Identity, waiting ---------------------------------------------------------------------- */

static void a_request_waits_for_a_person(void **state)
{
	struct desk d = {.name = "cisco", .password = "clientPass", .wait = true};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "0101000501"), EAP_WAIT);
	assert_int_equal(eap_peer_resume(d.peer, &d.out), EAP_WAIT); /* still nobody there */
	d.wait = false;
	assert_int_equal(eap_peer_resume(d.peer, &d.out), EAP_SEND);
	answers(&d, "0201000a01636973636f");
	assert_true(d.asked_name == 3);
	assert_memory_equal(eap_peer_name(d.peer).p, "cisco", 5);
	assert_int_equal(eap_peer_resume(d.peer, &d.out), EAP_FAILED); /* nothing waits any more */
	close_desk(&d);
}

/* What was refused and replaced while the request waited is not refused once more. */
static void a_new_password_is_taken_when_the_request_goes_on(void **state)
{
	struct desk d = {.name = "User", .password = "wrong"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	d.wait = true;
	assert_int_equal(say(&d, RETRY), EAP_WAIT);
	assert_int_equal(d.asked_again, 1);
	d.wait = false;
	d.password = "clientPass";
	assert_int_equal(eap_peer_resume(d.peer, &d.out), EAP_SEND);
	assert_int_equal(d.asked_again, 1);
	assert_int_equal(say(&d, SUCCESS), EAP_SEND);
	close_desk(&d);
}

static void without_an_identity_request_our_identity_is_the_name(void **state)
{
	struct desk d = {.password = "clientPass"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	assert_int_equal(d.asked_name, 0);
	assert_memory_equal(d.out.b + d.out.n - 6, "spoke7", 6);
	close_desk(&d);
}

static void without_any_name_nothing_is_answered(void **state)
{
	struct desk d = {.password = "clientPass"};
	struct eap_peer_ops ops = {.ctx = &d, .random = challenge, .credentials = credentials};

	(void)state;
	d.peer = eap_peer_new(&ops, (struct span){0}, IKE_EAP_ANY); /* our identity is an address */
	assert_int_equal(say(&d, CHALLENGE), EAP_FAILED);
	d.name = "User"; /* given by command all the same */
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	close_desk(&d);
}

static void a_notification_is_acknowledged(void **state)
{
	struct desk d = {0};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "0104000802"
	                         "1b5b48"),
	        EAP_SEND); /* with an escape sequence in it */
	answers(&d, "0204000502");
	close_desk(&d);
}

/* ---- MD5, GTC, Nak ------------------------------------------------------------------------------
 */

/* MD5(id ‖ password ‖ challenge), computed independently for id 5, "cisco", 00..0f. */
static void md5_answers_and_has_no_key(void **state)
{
	struct desk d = {.name = "User", .password = "cisco"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "010500160410000102030405060708090a0b0c0d0e0f"), EAP_SEND);
	answers(&d, "0205001a0410aeaaf0dad26e671453a487855d9b62c255736572");
	assert_int_equal(say(&d, "03050004"), EAP_DONE);
	assert_int_equal(eap_peer_msk(d.peer).n, 0);
	close_desk(&d);
}

static void gtc_gives_the_password(void **state)
{
	struct desk d = {.name = "User", .password = "123456"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "0105000706"
	                         "3f20"),
	        EAP_SEND);
	answers(&d, "0205000b06313233343536");
	assert_int_equal(say(&d, "03050004"), EAP_DONE);
	close_desk(&d);
}

static void another_method_gets_a_nak_that_asks_for_all_three(void **state)
{
	struct desk d = {.name = "User", .password = "clientPass"};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "010900060d20"), EAP_SEND); /* EAP-TLS, start */
	answers(&d, "02090008031a0406");
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	answers(&d, RESPONSE);
	assert_int_equal(say(&d, "010a00060d20"), EAP_FAILED); /* one method a conversation */
	close_desk(&d);
}

static void a_method_of_the_profile_is_the_only_one(void **state)
{
	struct desk d = {.name = "User", .password = "clientPass"};

	(void)state;
	open_desk(&d, IKE_EAP_MSCHAPV2);
	assert_int_equal(say(&d, "0109000706"
	                         "3f20"),
	        EAP_SEND); /* GTC would give the password away */
	answers(&d, "02090006031a");
	assert_int_equal(d.asked, 0);
	assert_int_equal(say(&d, CHALLENGE), EAP_SEND);
	close_desk(&d);
}

static void broken_packets_end_it(void **state)
{
	static const char *const packet[] = {"01", "010100",
	        "01010006"
	        "01",
	        "0101000401",
	        "02010005"
	        "01",
	        "05010004",
	        "01070005"
	        "04",
	        "0107000604"
	        "10",
	        "0107000604"
	        "00",
	        "010700051a", "010700091a01070018", "0107000a1a0107000510",
	        "0107001d1a010700180f5b5d7c7d7b3f2f3e3c2c602132262628687562", "010700061a03",
	        "010700061a07", "0107000a1a0707000500", "01070004"};

	(void)state;
	for (size_t i = 0; i < sizeof(packet) / sizeof(packet[0]); i++) {
		struct desk d = {.name = "User", .password = "clientPass"};

		open_desk(&d, IKE_EAP_ANY);
		assert_int_equal(say(&d, packet[i]), EAP_FAILED);
		close_desk(&d);
	}
}

static void nobody_with_a_password_means_failure(void **state)
{
	struct desk d = {0};

	(void)state;
	open_desk(&d, IKE_EAP_ANY);
	assert_int_equal(say(&d, "0101000501"), EAP_FAILED);
	assert_int_equal(say(&d, CHALLENGE), EAP_FAILED);
	close_desk(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_example_of_rfc_2759_comes_out),
	        cmocka_unit_test(the_domain_is_no_part_of_the_name),
	        cmocka_unit_test(passwords_are_utf8),
	        cmocka_unit_test(mschapv2_goes_through_and_yields_a_key),
	        cmocka_unit_test(a_server_that_does_not_know_the_password_is_refused),
	        cmocka_unit_test(a_wrong_password_may_be_given_again),
	        cmocka_unit_test(without_another_password_the_refusal_is_acknowledged),
	        cmocka_unit_test(an_expired_password_is_not_changed),
	        cmocka_unit_test(a_request_waits_for_a_person),
	        cmocka_unit_test(a_new_password_is_taken_when_the_request_goes_on),
	        cmocka_unit_test(without_an_identity_request_our_identity_is_the_name),
	        cmocka_unit_test(without_any_name_nothing_is_answered),
	        cmocka_unit_test(a_notification_is_acknowledged),
	        cmocka_unit_test(md5_answers_and_has_no_key),
	        cmocka_unit_test(gtc_gives_the_password),
	        cmocka_unit_test(another_method_gets_a_nak_that_asks_for_all_three),
	        cmocka_unit_test(a_method_of_the_profile_is_the_only_one),
	        cmocka_unit_test(broken_packets_end_it),
	        cmocka_unit_test(nobody_with_a_password_means_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
