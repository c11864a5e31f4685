/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP SLA operations over probes that a test answers, and over real sockets on the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/probe.h"
#include "net/sla.h"

/* ---- the machine
 * ------------------------------------------------------------------------------------------------
 */

static uint32_t under_way; /* id of the last probe sent; 0 after its cancellation */
static unsigned sent, cancelled;
static bool sendable;

static bool io_send(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	(void)ctx;
	(void)c;
	sent++;
	under_way = id;
	return sendable;
}

static void io_cancel(void *ctx, uint32_t id)
{
	(void)ctx;
	assert_int_equal(id, under_way);
	under_way = 0;
	cancelled++;
}

static const struct sla_io io = {.send = io_send, .cancel = io_cancel};

static int reset(void **state)
{
	(void)state;
	under_way = 0;
	sent = cancelled = 0;
	sendable = true;
	return 0;
}

static struct sla_cfg echo_every_5s(void)
{
	return (struct sla_cfg){.number = 1,
	        .type = SLA_ICMP_ECHO,
	        .target = ipaddr_v4(0x0a000001),
	        .frequency_s = 5,
	        .timeout_ms = 2000,
	        .threshold_ms = 100,
	        .scheduled = true};
}

static enum sla_result result(const struct sla_set *s)
{
	struct sla_info i;

	assert_true(sla_get(s, 1, &i));
	return i.result;
}

static void probes_keep_their_beat(void **state)
{
	struct sla_set *s = sla_new(&io);
	struct sla_cfg c = echo_every_5s();

	(void)state;
	sla_configure(s, &c, 1, 1000);
	assert_int_equal(sla_deadline(s), 1000);
	sla_tick(s, 1000);
	assert_int_equal(sent, 1);
	assert_int_equal(sla_deadline(s), 3000); /* the time-out */
	assert_true(sla_answer(s, under_way, true, 1010));
	assert_int_equal(result(s), SLA_OK);
	assert_int_equal(sla_deadline(s), 6000);
	sla_tick(s, 6040);
	assert_int_equal(sent, 2);
	assert_false(sla_answer(s, under_way, true, 6050)); /* OK as before */
	assert_int_equal(sla_deadline(s), 11000);           /* not 11040 */
	sla_tick(s, 33000);                                 /* a long sleep is not caught up */
	assert_int_equal(sent, 3);
	sla_answer(s, under_way, true, 33001);
	assert_int_equal(sla_deadline(s), 38000);
	sla_free(s);
}

static void answers_find_their_operations_and_news_is_named(void **state)
{
	enum { MANY = 50 };
	struct sla_set *s = sla_new(&io);
	struct sla_cfg c[MANY];
	uint32_t id[MANY], number;
	struct sla_info i;

	(void)state;
	for (uint32_t n = 0; n < MANY; n++) {
		c[n] = echo_every_5s();
		c[n].number = n + 1;
	}
	for (uint32_t n = 0; n < MANY;
	        n++) { /* one more at a time, so that the others' probes are under way */
		sla_configure(s, c, n + 1, 0);
		sla_tick(s, 0);
		id[n] = under_way;
	}
	assert_false(sla_news(s, &number));
	for (uint32_t n = MANY; n-- > 0;) {
		assert_true(sla_answer(s, id[n], true, 10));
		assert_true(sla_news(s, &number));
		assert_int_equal(number, n + 1);
		assert_false(sla_news(s, &number));
		assert_true(sla_get(s, n + 1, &i));
		assert_int_equal(i.result, SLA_OK);
	}
	assert_int_equal(sla_deadline(s), 5000);
	sla_free(s);
}

static void late_answer_is_over_threshold_and_none_is_a_timeout(void **state)
{
	struct sla_set *s = sla_new(&io);
	struct sla_cfg c = echo_every_5s();
	uint32_t id;

	(void)state;
	sla_configure(s, &c, 1, 0);
	sla_tick(s, 0);
	assert_true(sla_answer(s, under_way, true, 101));
	assert_int_equal(result(s), SLA_OVER_THRESHOLD);
	sla_tick(s, 5000);
	id = under_way;
	assert_false(sla_tick(s, 6999));
	assert_true(sla_tick(s, 7000));
	assert_int_equal(result(s), SLA_TIMEOUT);
	assert_int_equal(cancelled, 1);
	assert_false(sla_answer(s, id, true, 7001)); /* nobody waits for it any more */
	assert_int_equal(result(s), SLA_TIMEOUT);
	sendable = false;
	assert_true(sla_tick(s, 10000));
	assert_int_equal(result(s), SLA_NO_CONNECTION);
	sla_free(s);
}

static void unscheduled_pending_and_expired_operations_have_no_result(void **state)
{
	struct sla_set *s = sla_new(&io);
	struct sla_cfg c = echo_every_5s();
	struct sla_info i;

	(void)state;
	c.scheduled = false;
	sla_configure(s, &c, 1, 0);
	assert_false(sla_tick(s, 100000));
	assert_true(sla_deadline(s) == UINT64_MAX);
	assert_int_equal(result(s), SLA_UNKNOWN);
	c.scheduled = true;
	c.after_s = 10;
	c.life_s = 7;
	sla_configure(s, &c, 1, 100000);
	assert_int_equal(sla_deadline(s), 110000);
	sla_tick(s, 110000);
	sla_answer(s, under_way, true, 110001);
	assert_int_equal(result(s), SLA_OK);
	sla_tick(s, 115000);
	assert_int_equal(sla_deadline(s), 117000); /* its life ends before a time-out would */
	assert_true(sla_tick(s, 117000));
	assert_int_equal(result(s), SLA_UNKNOWN);
	assert_int_equal(cancelled, 1);
	assert_true(sla_get(s, 1, &i));
	assert_false(i.active);
	assert_true(sla_deadline(s) == UINT64_MAX);
	sla_free(s);
}

static void unchanged_operations_survive_a_new_configuration(void **state)
{
	struct sla_set *s = sla_new(&io);
	struct sla_cfg c[2] = {echo_every_5s(), echo_every_5s()};

	(void)state;
	sla_configure(s, c, 1, 0);
	sla_tick(s, 0);
	c[1].number = 2;
	c[1].scheduled = false;
	sla_configure(s, c, 2, 50);
	assert_int_equal(cancelled, 0);
	assert_true(sla_answer(s, under_way, true, 60));
	assert_int_equal(result(s), SLA_OK);
	sla_tick(s, 5000);
	c[0].timeout_ms = 1000;
	sla_configure(s, c, 2, 5500);
	assert_int_equal(cancelled, 1);
	assert_int_equal(result(s), SLA_UNKNOWN); /* changed: starts over */
	sla_free(s);
}

/* ---- targets by name */

static uint32_t asked, question, forgotten;
static struct ipaddr sent_to;

static uint32_t io_ask(void *ctx, const struct sla_cfg *c)
{
	(void)ctx;
	assert_string_equal(c->host, "probe.example.net");
	asked++;
	return ++question;
}

static void io_forget(void *ctx, uint32_t q)
{
	(void)ctx;
	assert_int_equal(q, question);
	forgotten++;
}

static bool io_send_named(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	sent_to = c->target;
	return io_send(ctx, c, id);
}

static void a_target_by_name_is_looked_up_before_every_probe(void **state)
{
	static const struct sla_io named = {
	        .send = io_send_named, .cancel = io_cancel, .ask = io_ask, .forget = io_forget};
	struct ipaddr one = ipaddr_v4(0x0a000001), two = ipaddr_v4(0x0a000002);
	struct sla_set *s = sla_new(&named);
	struct sla_cfg c = echo_every_5s();

	(void)state;
	c.target = (struct ipaddr){0};
	strcpy(c.host, "probe.example.net");
	sla_configure(s, &c, 1, 0);
	sla_tick(s, 0);
	assert_int_equal(asked, 1);
	assert_int_equal(sent, 0);
	assert_false(sla_resolved(s, question + 1, &two, 10)); /* of somebody else */
	assert_false(sla_resolved(s, question, &one, 300));
	assert_true(ipaddr_eq(&sent_to, &one));
	assert_true(sla_answer(s, under_way, true, 310)); /* the look-up does not count */
	assert_int_equal(result(s), SLA_OK);
	sla_tick(s, 5000);
	assert_int_equal(asked, 2);
	sla_resolved(s, question, &two, 5001);
	assert_true(ipaddr_eq(&sent_to, &two));
	sla_answer(s, under_way, true, 5002);
	sla_tick(s, 10000);
	assert_true(sla_resolved(s, question, NULL, 10001)); /* no address */
	assert_int_equal(result(s), SLA_NO_CONNECTION);
	sla_tick(s, 15000);
	assert_int_equal(sla_deadline(s), 17000); /* the server does not answer either */
	sla_tick(s, 17000);
	assert_int_equal(forgotten, 1);
	assert_int_equal(result(s), SLA_NO_CONNECTION);
	assert_int_equal(sla_deadline(s), 20000);
	sla_configure(s, &c, 1, 17500); /* the same: goes on */
	sla_tick(s, 20000);
	assert_int_equal(asked, 5);
	sla_free(s);
	assert_int_equal(forgotten, 2);
}

/* ---- real sockets
 * --------------------------------------------------------------------------------------------------
 */

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs one operation until it has a result. `echo`: a UDP socket that the test answers from; -1:
 * none. */
static enum sla_result run(struct sla_cfg c, int echo)
{
	struct probes *p = probes_new();
	struct sla_io real = probes_io(p);
	struct sla_set *s = sla_new(&real);
	struct sla_info i = {0};
	uint64_t bound = now() + 10000;

	c.number = 1;
	c.scheduled = true;
	sla_configure(s, &c, 1, now());
	while (i.result == SLA_UNKNOWN && now() < bound) {
		struct pollfd fds[2] = {
		        {.fd = probes_fd(p), .events = POLLIN}, {.fd = echo, .events = POLLIN}};
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		uint8_t buf[64];
		uint32_t id;
		bool ok;

		sla_tick(s, now());
		sla_get(s, 1, &i);
		if (i.result != SLA_UNKNOWN)
			break;
		poll(fds, 2, 100);
		if (fds[1].revents & POLLIN) {
			ssize_t got =
			        recvfrom(echo, buf, sizeof(buf), 0, (struct sockaddr *)&from, &n);

			assert_true(got > 0);
			assert_int_equal(
			        sendto(echo, buf, (size_t)got, 0, (struct sockaddr *)&from, n),
			        got);
		}
		while (probes_poll(p, &id, &ok))
			sla_answer(s, id, ok, now());
		sla_get(s, 1, &i);
	}
	sla_free(s);
	probes_free(p);
	return i.result;
}

/* A bound socket on 127.0.0.1, and its port. */
static int bound_socket(int type, uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &n), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void icmp_echo_of_both_families(void **state)
{
	struct sla_cfg c = {.type = SLA_ICMP_ECHO, .target = ipaddr_v4(INADDR_LOOPBACK)};

	(void)state;
	assert_int_equal(run(c, -1), SLA_OK);
	strcpy(c.device, "lo");
	c.source = ipaddr_v4(INADDR_LOOPBACK);
	assert_int_equal(run(c, -1), SLA_OK);
	assert_true(ipaddr_parse("::1", &c.target));
	c.source = (struct ipaddr){0};
	assert_int_equal(run(c, -1), SLA_OK);
	strcpy(c.device, "nosuchdevice0");
	assert_int_equal(run(c, -1), SLA_NO_CONNECTION);
}

static void tcp_connect_to_an_open_and_to_a_closed_port(void **state)
{
	struct sla_cfg c = {.type = SLA_TCP_CONNECT, .target = ipaddr_v4(INADDR_LOOPBACK)};
	int fd = bound_socket(SOCK_STREAM, &c.port);

	(void)state;
	assert_int_equal(run(c, -1), SLA_NO_CONNECTION); /* nobody listens yet */
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(run(c, -1), SLA_OK);
	close(fd);
}

static void udp_echo_and_silence(void **state)
{
	struct sla_cfg c = {
	        .type = SLA_UDP_ECHO, .target = ipaddr_v4(INADDR_LOOPBACK), .timeout_ms = 300};
	int fd = bound_socket(SOCK_DGRAM, &c.port);

	(void)state;
	assert_int_equal(run(c, -1), SLA_TIMEOUT);
	close(fd);
	fd = bound_socket(SOCK_DGRAM, &c.port);
	c.timeout_ms = 5000;
	assert_int_equal(run(c, fd), SLA_OK);
	close(fd);
	assert_int_equal(run(c, -1), SLA_NO_CONNECTION); /* port unreachable */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
	        T(probes_keep_their_beat),
	        T(answers_find_their_operations_and_news_is_named),
	        T(late_answer_is_over_threshold_and_none_is_a_timeout),
	        T(unscheduled_pending_and_expired_operations_have_no_result),
	        T(unchanged_operations_survive_a_new_configuration),
	        T(a_target_by_name_is_looked_up_before_every_probe),
	        T(icmp_echo_of_both_families),
	        T(tcp_connect_to_an_open_and_to_a_closed_port),
	        T(udp_echo_and_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
