/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tracks [MANY]: what one change of a track object costs that concerns one client, with MANY
 * clients (1000), each with a link and an object of its own, against 10. From the kernel's report
 * to the end of the pump, CPU time, both directions, the median.
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

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static const char *const base[] = {"crypto ikev2 keyring key", "peer all",
        "address 0.0.0.0 0.0.0.0", "pre-shared-key cisco", "crypto ikev2 profile prof",
        "match identity remote address 0.0.0.0", "authentication local pre-share",
        "authentication remote pre-share", "keyring key",
        "crypto ipsec transform-set trans esp-aes", "crypto ipsec profile ipsecprof",
        "set transform-set trans", "set ikev2-profile prof", "interface eth0",
        "ip address 192.0.2.2 255.255.255.0"};

static void client_lines(struct cfg_editor *ed, int i)
{
	static const char *const form[] = {"interface eth%d",
	        "track %d interface eth%d line-protocol", "interface Tunnel%d",
	        "ip address negotiated", "tunnel source eth0", "tunnel destination dynamic",
	        "tunnel mode ipsec ipv4", "tunnel protection ipsec profile ipsecprof",
	        "crypto ikev2 client flexvpn c%d", "peer 1 10.0.0.1", "connect track %d up",
	        "client connect Tunnel%d"};
	char line[100];

	for (size_t k = 0; k < sizeof(form) / sizeof(form[0]); k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		snprintf(line, sizeof(line), form[k], i, i);
#pragma GCC diagnostic pop
		enter(ed, line);
	}
}

static int cmp(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double change_cost(int clients)
{
	enum { CHANGES = 21 };
	struct fx_backends b = {
	        .dp_ops = &dp_fake_ops, .net_ops = &net_fake_ops, .random = zero_random};
	struct dp_config dc = {0};
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	double cost[CHANGES];
	char why[100] = "", name[16];
	uint32_t first = 0;

	b.dp = b.dp_ops->open(&dc, why, sizeof(why));
	b.net = b.net_ops->open(why, sizeof(why));
	for (int i = 0; i <= clients; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		uint32_t link = net_fake_link(b.net, name, true, i == 0);

		first = i == 1 ? link : first;
	}
	struct fx *x = fx_new(&b, 1000);

	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		enter(ed, base[i]);
	for (int i = 1; i <= clients; i++)
		client_lines(ed, i);
	fx_commit(x, cfg_editor_candidate(ed), 2000);
	uint32_t tried = x->clients->attempts;

	for (int i = 0; i < CHANGES; i++) {
		net_fake_carrier(b.net, first, i % 2 == 0);
		double start = now_us();

		fx_pump(x, 2000);
		cost[i] = now_us() - start;
	}
	if (x->clients->attempts == tried) {
		fprintf(stderr, "the client did not follow its object: %s\n",
		        fx_state_name(x->clients->state));
		exit(1);
	}
	qsort(cost, CHANGES, sizeof(cost[0]), cmp);
	fx_free(x);
	cfg_editor_free(ed);
	cfg_unref(empty);
	b.dp_ops->close(b.dp);
	b.net_ops->close(b.net);
	return cost[CHANGES / 2];
}

int main(int argc, char **argv)
{
	int many = argc > 1 ? atoi(argv[1]) : 1000;
	double few = change_cost(10), all = change_cost(many);

	printf("one track change             %.0f us with 10 clients, %.0f us with %d: ratio %.1f "
	       "(to reach: 1.2)\n",
	        few, all, many, all / few);
	return 0;
}
