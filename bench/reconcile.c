/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reconcile CLIENTS ROUTES: reconcile(x, x) must make no back-end call, however large x is. Prints the calls of the first commit, of
 * the same snapshot committed again, and of one more route.
 */
#include <stdio.h>
#include <stdlib.h>

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
	printf("%-28s %zu data plane, %zu network\n", what, dp_fake_calls(b->dp), net_fake_calls(b->net));
	dp_fake_forget(b->dp);
	net_fake_forget(b->net);
}

int main(int argc, char **argv)
{
	int clients = argc > 1 ? atoi(argv[1]) : 10, routes = argc > 2 ? atoi(argv[2]) : 1000;
	struct fx_backends b = {.dp_ops = &dp_fake_ops, .net_ops = &net_fake_ops, .random = zero_random};
	struct dp_config dc = {0};
	char why[100] = "", line[100];

	b.dp = b.dp_ops->open(&dc, why, sizeof(why));
	b.net = b.net_ops->open(why, sizeof(why));
	net_fake_link(b.net, "eth0", true, true);
	struct fx *x = fx_new(&b, 1000);
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	enter(ed, "interface eth0");
	enter(ed, "ip address 192.0.2.2 255.255.255.0");
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
	b.dp_ops->close(b.dp);
	b.net_ops->close(b.net);
	return 0;
}
