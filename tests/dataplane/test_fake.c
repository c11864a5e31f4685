/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording back end keeps the manners that callers rely on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/dp.h"
#include "lib_sa.h"

static const struct dp_ops *const ops = &dp_fake_ops;

static int setup(void **state)
{
	struct dp_config cfg = {0};
	char why[64] = "x";

	*state = ops->open(&cfg, why, sizeof(why));
	assert_string_equal(why, "");
	return 0;
}

static int teardown(void **state)
{
	ops->close(*state);
	return 0;
}

static void tunnel(struct dp *d, uint32_t id, const char *name)
{
	struct dp_tunnel t = {.id = id, .payload = DP_PAYLOAD_IP, .mtu = 1400};

	strncpy(t.name, name, sizeof(t.name) - 1);
	assert_int_equal(ops->tunnel_add(d, &t), 0);
}

static struct dp_sa describe(uint32_t in, bool send_now)
{
	struct dp_sa sa = sa_end(sa_suite("gcm128"), "192.0.2.1", "192.0.2.2", in, in + 1);

	sa.send_now = send_now;
	return sa;
}

static void calls_are_logged_without_keys(void **state)
{
	struct dp *d = *state;
	struct dp_sa sa = describe(0xc0ffee01, true);

	tunnel(d, 1, "Tunnel0");
	assert_int_equal(ops->sa_add(d, &sa), 0);
	assert_string_equal(dp_fake_log(d),
	        "tunnel_add id=1 name=Tunnel0 payload=ip mtu=1400\n"
	        "sa_add tunnel=1 in=c0ffee01 out=c0ffee02 mode=tunnel encr=20/128 integ=0 udp "
	        "local=192.0.2.1/4500 "
	        "remote=192.0.2.2/4500 replay=64 ts=2/2 soft=0 hard=0 send\n");
	assert_int_equal(dp_fake_calls(d), 2);
	dp_fake_forget(d);
	assert_int_equal(dp_fake_calls(d), 0);
	assert_string_equal(dp_fake_log(d), "");
	assert_int_equal(ops->sa_send(d, 0xc0ffee01), 0);
	assert_int_equal(ops->sa_del(d, 0xc0ffee01), 0);
	assert_int_equal(ops->tunnel_del(d, 1), 0);
	assert_string_equal(
	        dp_fake_log(d), "sa_send in=c0ffee01\nsa_del in=c0ffee01\ntunnel_del id=1\n");
}

static void one_pair_of_a_tunnel_sends(void **state)
{
	struct dp *d = *state;
	struct dp_sa a = describe(0x1000, true), b = describe(0x2000, false);
	struct dp_sa_state s;

	tunnel(d, 1, "Tunnel0");
	assert_int_equal(ops->sa_add(d, &a), 0);
	assert_int_equal(ops->sa_add(d, &b), 0);
	assert_true(ops->sa_get(d, 0x1000, &s) && s.sending);
	assert_true(ops->sa_get(d, 0x2000, &s) && !s.sending);
	assert_null(s.sa.encr_in.p);
	assert_int_equal(ops->sa_send(d, 0x2000), 0);
	assert_true(ops->sa_get(d, 0x1000, &s) && !s.sending);
	assert_true(ops->sa_get(d, 0x2000, &s) && s.sending);
}

static void the_walk_is_in_order_of_spi(void **state)
{
	static const uint32_t spis[] = {0x5000, 0xffffffff, 0x1000, 0x80000000, 0x3000};
	static const uint32_t want[] = {0x1000, 0x3000, 0x5000, 0x80000000, 0xffffffff};
	struct dp *d = *state;
	struct dp_sa_state s;
	uint32_t prev = 0;

	tunnel(d, 1, "Tunnel0");
	for (size_t i = 0; i < 5; i++) {
		struct dp_sa sa = describe(spis[i], false);

		sa.spi_out = 0x9999;
		assert_int_equal(ops->sa_add(d, &sa), 0);
	}
	for (size_t i = 0; i < 5; i++) {
		assert_true(ops->sa_next(d, prev, &s));
		assert_int_equal(s.sa.spi_in, want[i]);
		prev = s.sa.spi_in;
	}
	assert_false(ops->sa_next(d, prev, &s));
}

static void what_is_not_there_cannot_be_changed(void **state)
{
	struct dp *d = *state;
	struct dp_sa sa = describe(0x1000, true);
	struct dp_sa_state s;
	struct dp_tunnel t = {.id = 1, .name = "Tunnel0"};

	assert_int_equal(ops->sa_add(d, &sa), -ENODEV);
	assert_int_equal(ops->sa_send(d, 0x1000), -ENOENT);
	assert_int_equal(ops->sa_del(d, 0x1000), -ENOENT);
	assert_int_equal(ops->sa_move(d, 0x1000, &sa.local, &sa.remote), -ENOENT);
	assert_false(ops->sa_get(d, 0x1000, &s));
	assert_int_equal(ops->tunnel_set(d, &t), -ENODEV);
	assert_int_equal(ops->tunnel_del(d, 1), -ENODEV);
	tunnel(d, 1, "Tunnel0");
	assert_int_equal(ops->tunnel_add(d, &t), -EEXIST);
	t.id = 2;
	assert_int_equal(ops->tunnel_add(d, &t), -EEXIST); /* the name is taken */
	assert_int_equal(ops->sa_add(d, &sa), 0);
	assert_int_equal(ops->sa_add(d, &sa), -EEXIST);
	sa.spi_in = 0x2000;
	sa.encr_in.n--;
	assert_int_equal(ops->sa_add(d, &sa), -EINVAL);
}

static void sas_go_with_their_tunnel(void **state)
{
	struct dp *d = *state;
	struct dp_sa a = describe(0x1000, true), b = describe(0x2000, true);
	struct dp_sa_state s;

	tunnel(d, 1, "Tunnel0");
	tunnel(d, 2, "Tunnel1");
	b.tunnel = 2;
	assert_int_equal(ops->sa_add(d, &a), 0);
	assert_int_equal(ops->sa_add(d, &b), 0);
	assert_int_equal(ops->tunnel_del(d, 1), 0);
	assert_false(ops->sa_get(d, 0x1000, &s));
	assert_true(ops->sa_get(d, 0x2000, &s));
}

static void a_failure_can_be_asked_for(void **state)
{
	struct dp *d = *state;
	struct dp_tunnel t = {.id = 1, .name = "Tunnel0"};

	dp_fake_fail_next(d, ENOSPC);
	assert_int_equal(ops->tunnel_add(d, &t), -ENOSPC);
	assert_int_equal(ops->tunnel_add(d, &t), 0);
}

static void datagrams_come_and_go_with_their_data(void **state)
{
	struct dp *d = *state;
	char text[] = "hello";
	struct dp_event ev = {.type = DP_EV_IKE,
	                        .remote = {ip("192.0.2.2"), 500},
	                        .data = (uint8_t *)text,
	                        .len = 5},
	                got;
	struct endpoint local = {ip("192.0.2.1"), 4500}, remote = {ip("192.0.2.2"), 4501};
	struct dp_stats st;

	assert_int_equal(ops->fd(d), -1);
	assert_false(ops->poll(d, &got));
	dp_fake_deliver(d, &ev);
	text[0] = 'j'; /* it was copied */
	assert_true(ops->poll(d, &got));
	assert_true(got.len == 5 && memcmp(got.data, "hello", 5) == 0 && got.remote.port == 500);
	assert_false(ops->poll(d, &got));
	assert_int_equal(ops->send_ike(d, &local, &remote, 0, true, false, (uint8_t *)text, 5), 0);
	assert_int_equal(ops->send_ike(d, &local, &remote, 0, true, true, NULL, 0), 0);
	assert_true(dp_fake_sent(d, &got));
	assert_true(got.natt && got.len == 5 && memcmp(got.data, "jello", 5) == 0 &&
	            got.remote.port == 4501);
	assert_true(dp_fake_sent(d, &got));
	assert_true(got.len == 1 && got.data[0] == 0xff);
	assert_false(dp_fake_sent(d, &got));
	assert_int_equal(dp_fake_calls(d), 0);
	ops->stats(d, &st);
	assert_true(st.ike_in == 1 && st.ike_out == 2);
	dp_fake_deliver(d, &ev); /* left in the queue for close() */
}

static void counters_are_what_the_test_says(void **state)
{
	struct dp *d = *state;
	struct dp_sa sa = describe(0x1000, true);
	struct dp_counters c = {.pkts_in = 7, .bytes_out = 9};
	struct dp_sa_state s;

	tunnel(d, 1, "Tunnel0");
	assert_int_equal(ops->sa_add(d, &sa), 0);
	assert_false(dp_fake_count(d, 0x1001, &c, 1, 2));
	assert_true(dp_fake_count(d, 0x1000, &c, 1, 2));
	assert_true(ops->sa_get(d, 0x1000, &s));
	assert_true(
	        s.c.pkts_in == 7 && s.c.bytes_out == 9 && s.last_in_ms == 1 && s.last_out_ms == 2);
	ops->sa_clear_counters(d);
	assert_true(ops->sa_get(d, 0x1000, &s));
	assert_int_equal(s.c.pkts_in, 0);
	assert_int_equal(s.last_in_ms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(calls_are_logged_without_keys, setup, teardown),
	        cmocka_unit_test_setup_teardown(one_pair_of_a_tunnel_sends, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_walk_is_in_order_of_spi, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                what_is_not_there_cannot_be_changed, setup, teardown),
	        cmocka_unit_test_setup_teardown(sas_go_with_their_tunnel, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_failure_can_be_asked_for, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                datagrams_come_and_go_with_their_data, setup, teardown),
	        cmocka_unit_test_setup_teardown(counters_are_what_the_test_says, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
