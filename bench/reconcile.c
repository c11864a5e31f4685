/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reconcile CLIENTS ROUTES: reconcile(x, x) must make no back-end call, however large x is. Prints the calls of the first commit, of
 * the same snapshot committed again, and of one more route. Then: what one line costs from its entry to the end of its commit, with many lines
 * present against an empty configuration; its gateway is not there, so that the recording kernel's own bookkeeping does not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flexvpn/core.h"

static void zero_random(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)rand();
}

static void enter(struct cfg_editor *ed, const char *line)
{
	if (cfg_editor_line(ed, line, NULL).status == GR_OK)
		return;
	fprintf(stderr, "refused: %s\n", line);
	exit(1);
}

static void calls(const char *what, struct fx_backends *b)
{
	static size_t runs;
	size_t now = nft_fake_runs(nat_nft(b->nat));

	printf("%-28s %zu data plane, %zu network, %zu packet filter\n", what, dp_fake_calls(b->dp), net_fake_calls(b->net),
		now - runs);
	runs = now;
	dp_fake_forget(b->dp);
	net_fake_forget(b->net);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Nanoseconds a line, the best of several rounds, with so many routes present. */
static double line_cost(struct fx_backends *b, int present)
{
	enum { LINES = 2000, ROUNDS = 5 };
	struct fx *x = fx_new(b, 1000);
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	double best = 1e9;
	char line[100];

	for (int i = 0; i < present; i++) {
		snprintf(line, sizeof(line), "ip route 10.%d.%d.%d 255.255.255.255 203.0.113.1", i / 62500 % 250, i / 250 % 250, i % 250);
		enter(ed, line);
	}
	fx_commit(x, cfg_editor_candidate(ed), 2000);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_s();

		for (int i = 0; i < LINES; i++) {
			snprintf(line, sizeof(line), "ip route 11.%d.%d.%d 255.255.255.255 203.0.113.1", round, i / 250, i % 250);
			enter(ed, line);
			fx_commit(x, cfg_editor_candidate(ed), 3000);
		}
		double cost = (now_s() - start) * 1e9 / LINES;

		best = cost < best ? cost : best;
	}
	fx_free(x);
	cfg_editor_free(ed);
	cfg_unref(empty);
	return best;
}

int main(int argc, char **argv)
{
	int clients = argc > 1 ? atoi(argv[1]) : 10, routes = argc > 2 ? atoi(argv[2]) : 1000;
	struct fx_backends b = {.dp_ops = &dp_fake_ops, .net_ops = &net_fake_ops, .random = zero_random};
	struct dp_config dc = {0};
	char why[100] = "", line[100];

	b.dp = b.dp_ops->open(&dc, why, sizeof(why));
	b.net = b.net_ops->open(why, sizeof(why));
	b.nat = nat_new(&nft_fake_ops, why, sizeof(why));
	net_fake_link(b.net, "eth0", true, true);
	struct fx *x = fx_new(&b, 1000);
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	enter(ed, "interface eth0");
	enter(ed, "ip address 192.0.2.2 255.255.255.0");
	enter(ed, "ip nat outside");
	enter(ed, "interface eth1");
	enter(ed, "ip nat inside");
	enter(ed, "access-list 1 permit any");
	enter(ed, "ip nat inside source list 1 interface eth0 overload");
	for (int i = 0; i < clients; i++) {
		snprintf(line, sizeof(line), "interface Tunnel%d", i);
		enter(ed, line);
		enter(ed, "ip address 172.31.0.1 255.255.255.255");
	}
	for (int i = 0; i < routes; i++) {
		snprintf(line, sizeof(line), "ip route 10.%d.%d.0 255.255.255.0 192.0.2.1", i / 250 % 250, i % 250);
		enter(ed, line);
	}
	fx_commit(x, cfg_editor_candidate(ed), 2000);
	calls("first commit", &b);
	fx_commit(x, cfg_editor_candidate(ed), 3000);
	calls("the same again", &b);
	enter(ed, "ip route 11.0.0.0 255.0.0.0 192.0.2.1");
	fx_commit(x, cfg_editor_candidate(ed), 4000);
	calls("one more route", &b);
	fx_free(x);
	cfg_editor_free(ed);
	cfg_unref(empty);
	double alone = line_cost(&b, 0), among = line_cost(&b, 100000);

	printf("one line, committed          %.0f ns in an empty configuration, %.0f ns with 100000 lines: ratio %.2f\n", alone, among,
		among / alone);
	b.dp_ops->close(b.dp);
	b.net_ops->close(b.net);
	nat_free(b.nat);
	return 0;
}
