/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform BACKEND BACKEND [all] [CASE]: what every back end does alike, as one table of cases.
 * BACKEND: user, kernel or fake, one for each end of a wire between two namespaces. `all`: every
 * combination and the full numbers, instead of a part of them. The fake one moves no packets: it
 * takes the cases that are about calls, and answers for their state. Root is needed.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "conform.h"

static const struct dp_ops *ops[2];
static bool all;

bool conform_moves(void)
{
	return ops[0] != &dp_fake_ops && ops[1] != &dp_fake_ops;
}

bool conform_all(void)
{
	return all;
}

struct ends *conform_new(void **state, enum dp_payload payload, uint16_t mtu)
{
	struct ends *e = ends_new(ops[0], ops[1], payload, mtu);

	*state = e;
	return e;
}

static int teardown(void **state)
{
	if (*state)
		ends_free(*state);
	return 0;
}

/* ---- every way to carry a packet ------------------------------------------------------------- */

static const struct form forms[] = {
        {DP_PAYLOAD_IP, DP_TUNNEL}, {DP_PAYLOAD_GRE, DP_TRANSPORT}, {DP_PAYLOAD_GRE, DP_TUNNEL}};

const struct form *conform_form(size_t i)
{
	return i < ARRAY_LEN(forms) ? &forms[i] : NULL;
}

static void check_carried(const struct ends *e, int end, bool authentic)
{
	struct dp_sa_state s = ends_state(e, end, e->spi);

	assert_true(s.sending);
	assert_int_equal(s.sa.encr_in.n + s.sa.encr_out.n + s.sa.integ_in.n, 0); /* no keys */
	if (!conform_moves())
		return;
	assert_true(s.c.pkts_in >= 6 && s.c.pkts_out >= 6 && s.c.bytes_in >= 3000);
	assert_true(s.last_out_ms && !s.last_in_ms == !authentic); /* what an ICV vouched for */
	assert_int_equal(s.c.bad_icv + s.c.malformed + s.c.replay + s.c.bad_selector, 0);
	assert_int_equal(s.c.send_errors + s.c.no_buffer + s.c.seq_exhausted, 0);
}

static void carries(struct ends *e, const struct variant *v)
{
	bool authentic = alg_encr(v->suite->encr)->aead || v->suite->integ;

	ends_add(e, v, true);
	if (conform_moves())
		ends_both_families(e);
	check_carried(e, 0, authentic);
	check_carried(e, 1, authentic);
	ends_del(e, e->spi);
}

/* A quarter of the combinations, in which each value of each column meets each suite's neighbours;
 * or all of them. */
static void every_form_suite_family_and_encapsulation(void **state)
{
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		struct ends *e = conform_new(state, forms[f].payload, 1320);

		for (size_t i = 0; i < sa_n_suites * 4; i++) {
			struct variant v = {.suite = &sa_suites[i / 4],
			        .mode = forms[f].mode,
			        .raw = i & 1,
			        .v6 = i & 2,
			        .esn = (i / 4 + i) & 1};

			if (all || (i + i / 4 + f) % 4 == 0)
				carries(e, &v);
		}
		ends_free(e);
		*state = NULL;
	}
}

/* ---- the edges of the MTU -------------------------------------------------------------------- */

static int device_mtu(const struct ends *e, int end)
{
	int mtu = 0;

	ends_enter(e, end);
	FILE *p = popen("ip -o link show Tunnel1", "r");

	assert_non_null(p);
	assert_int_equal(fscanf(p, "%*[^>]> mtu %d", &mtu), 1);
	pclose(p);
	return mtu;
}

static void mtu_edges(struct ends *e, const struct form *f, bool raw, bool v6)
{
	struct variant v = {.suite = sa_suite("gcm128"), .mode = f->mode, .raw = raw, .v6 = v6};
	uint16_t fit = dp_inner_mtu(1500, v6 ? AF_INET6 : AF_INET, !raw, f->mode, f->payload,
	        alg_encr(v.suite->encr), alg_integ(v.suite->integ));
	uint8_t frame[2000];

	ends_add(e, &v, true);
	assert_int_equal(device_mtu(e, 0), fit);
	assert_int_equal(device_mtu(e, 1), fit);
	int tap = ends_tap(e);

	ends_round_trip(e, "10.0.0.1", "10.0.0.2", fit - 28u);
	ssize_t n = ends_tap_esp(tap, frame, sizeof(frame));

	/* One packet outside, and four octets more would not have fitted: what ESP aligns to. */
	assert_true(n > 1514 - 4 && n <= 1514);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", fit - 29u);
	ends_enter(e, 0);
	int fd = conform_whole("10.0.0.1");

	assert_true(lab_send(fd, "10.0.0.2", 7002, frame, fit - 28u));
	assert_false(lab_send(fd, "10.0.0.2", 7002, frame, fit - 27u));
	assert_int_equal(errno, EMSGSIZE);
	close(fd);
	/* Without DF it goes as two. */
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", fit - 27u);
	close(tap);
	ends_del(e, e->spi);
}

static void the_edges_of_the_mtu(void **state)
{
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		struct ends *e = conform_new(state, forms[f].payload, 0);

		for (int k = 0; k < 4; k++)
			if (all || k == 0 || k == 3)
				mtu_edges(e, &forms[f], k & 1, k & 2);
		ends_free(e);
		*state = NULL;
	}
}

/* ---- a device that goes down and comes up ---------------------------------------------------- */

static void bounce(const struct ends *e, const char *dev)
{
	char cmd[100];

	ends_enter(e, 0);
	snprintf(cmd, sizeof(cmd), "ip link set %s down", dev);
	lab_sh(cmd);
	int tap = conform_clear_tap(e), fd = lab_udp("0.0.0.0", 0);

	lab_send(fd, "10.0.0.2", 7000, "secret", 6);
	close(fd);
	ends_enter(e, 0);
	snprintf(cmd, sizeof(cmd), "ip link set %s up", dev);
	lab_sh(cmd);
	conform_wire_is_up(e);
	assert_false(ends_tap_saw(e, tap));
	close(tap);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
}

static void down_and_up(void **state)
{
	for (size_t f = 0; f < 2; f++) {
		struct ends *e = conform_new(state, forms[f].payload, 1320);
		struct variant v = {.suite = sa_suite("gcm128"), .mode = forms[f].mode};

		ends_add(e, &v, true);
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
		bounce(e, "Tunnel1");
		bounce(e, "vA");
		ends_free(e);
		*state = NULL;
	}
}

/* ---- many ------------------------------------------------------------------------------------ */

static void number(struct dp_tunnel *t, struct dp_sa *sa, uint32_t i)
{
	*t = (struct dp_tunnel){.id = i, .payload = DP_PAYLOAD_IP, .mtu = 1400};
	snprintf(t->name, sizeof(t->name), "Tunnel%u", i);
	sa->tunnel = i;
	sa->spi_in = 0x10000 + 2 * i;
	sa->spi_out = 0x10001 + 2 * i;
}

/* Everything that is left of a back end outside of it. */
static void residue(char *out, size_t n)
{
	FILE *p = popen("readlink /proc/$PPID/fd/* | grep -v pipe; ip -o link | wc -l; ip xfrm "
	                "state | wc -l; ip xfrm "
	                "policy | wc -l; ip rule | wc -l; ip route show table all | grep -c Tunnel",
	        "r");

	assert_non_null(p);
	out[fread(out, 1, n - 1, p)] = '\0';
	pclose(p);
}

static void many_come_and_go(void **state)
{
	const uint32_t many = all ? 1000 : 100;
	struct ends *e = conform_new(state, DP_PAYLOAD_IP, 1400);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa sa = ends_describe(e, &v, 0);
	struct dp *d = ends_dp(e, 0);
	struct dp_sa_state s;
	struct dp_tunnel t;
	char before[2000], after[2000];
	uint32_t n = 0;

	residue(before, sizeof(before));
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 2; i < many + 2; i++) {
			number(&t, &sa, i);
			assert_int_equal(ops[0]->tunnel_add(d, &t), 0);
			assert_int_equal(ops[0]->sa_add(d, &sa), 0);
		}
		for (n = 0, s.sa.spi_in = 0; ops[0]->sa_next(d, s.sa.spi_in, &s); n++)
			assert_int_equal(s.sa.spi_in, 0x10000 + 2 * (n + 2));
		assert_int_equal(n, many);
		for (uint32_t i = 2; i < many + 2;
		        i++) /* in one round the SA first, in the other with it */
			assert_true((round || ops[0]->sa_del(d, 0x10000 + 2 * i) == 0) &&
			            ops[0]->tunnel_del(d, i) == 0);
		assert_false(ops[0]->sa_next(d, 0, &s));
	}
	residue(after, sizeof(after));
	assert_string_equal(after, before);
}

/* ---- killed ---------------------------------------------------------------------------------- */

/* Tunnels and SAs come and go until the end; the moment is the parent's. */
static void busy(const struct ends *e, unsigned seed)
{
	struct dp_config cfg = {0};
	char why[200] = "";
	struct dp *d = ops[0]->open(&cfg, why, sizeof(why));
	struct variant v = {.suite = sa_suite("gcm128"), .raw = true};
	struct dp_tunnel t;

	if (!d)
		_exit(1);
	for (;;) {
		struct dp_sa sa = ends_describe(e, &v, 0);
		uint32_t i = 1 + (uint32_t)rand_r(&seed) % 8;

		number(&t, &sa, i);
		t.payload = i & 1 ? DP_PAYLOAD_IP : DP_PAYLOAD_GRE;
		sa.remote.addr.b[3] = (uint8_t)(sa.remote.addr.b[3] + i);
		switch (rand_r(&seed) % 5) {
		case 0:
		case 1:
			ops[0]->tunnel_add(d, &t);
			break;
		case 2:
		case 3:
			ops[0]->sa_add(d, &sa);
			break;
		default:
			ops[0]->tunnel_del(d, i);
		}
	}
}

static void one_death(const struct ends *e, unsigned seed, unsigned micros)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		busy(e, seed);
	assert_true(pid > 0);
	usleep(micros); /* the moment is what varies; nothing is waited for */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void deaths_leave_nothing(void **state)
{
	const unsigned deaths = all ? 50 : 10;
	struct ends *e = ends_new(NULL, NULL, DP_PAYLOAD_IP, 0);
	struct dp_config cfg = {0};
	char why[200], before[2000], after[2000];
	unsigned seed = 20261124;

	*state = e;
	ends_enter(e, 0);
	lab_sh("ip tuntap add foreign mode tun");
	struct dp *d = ops[0]->open(
	        &cfg, why, sizeof(why)); /* what it makes once stays: devices of modules */

	assert_non_null(d);
	ops[0]->close(d);
	residue(before, sizeof(before));
	for (unsigned i = 0; i < deaths; i++) {
		one_death(e, i, (unsigned)rand_r(&seed) % 60000);
		d = ops[0]->open(&cfg, why, sizeof(why));
		if (!d)
			fail_msg("death %u: %s", i, why);
		assert_false(lab_has("ip link", "Tunnel"));
		ops[0]->close(d);
		residue(after, sizeof(after));
		assert_string_equal(after, before);
	}
	assert_true(lab_has("ip link", "foreign"));
}

/* ---- the table ------------------------------------------------------------------------------- */

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

static const struct CMUnitTest of_calls[] = {
        CASE(every_form_suite_family_and_encapsulation),
        CASE(rekeying_under_traffic),
        CASE(many_come_and_go),
};

static const struct CMUnitTest of_packets[] = {
        CASE(every_form_suite_family_and_encapsulation),
        CASE(rekeying_under_traffic),
        CASE(bad_packets_are_counted_and_dropped),
        CASE(the_edges_of_the_mtu),
        CASE(down_and_up),
        CASE(many_come_and_go),
        CASE(deaths_leave_nothing),
};

static const struct dp_ops *named(const char *name)
{
	const struct dp_ops *have[] = {&dp_user_ops, &dp_kernel_ops, &dp_fake_ops};

	for (size_t i = 0; i < ARRAY_LEN(have); i++)
		if (strcmp(have[i]->name, name) == 0)
			return have[i];
	fprintf(stderr, "conform: no back end %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s BACKEND BACKEND [all] [CASE]\n", argv[0]);
		return 2;
	}
	ops[0] = named(argv[1]);
	ops[1] = named(argv[2]);
	all = argc > 3 && strcmp(argv[3], "all") == 0;
	if (argc > 3 + all)
		cmocka_set_test_filter(argv[3 + all]);
	if (!conform_moves())
		return cmocka_run_group_tests(of_calls, NULL, NULL);
	return cmocka_run_group_tests(of_packets, NULL, NULL);
}
