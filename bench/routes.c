/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * routes ROUTES: so many static routes committed to the kernel, against `ip -batch` of the same; then one of them changed, with the questions and
 * changes that this costs. In a network namespace of its own; wants root, ip(8), and veth.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "flexvpn/core.h"

enum { ROUNDS = 5 };

/* The kernel's calls, counted. */
static struct net_ops counted;
static struct {
	size_t asked, read, changed;
} calls;

static bool link_by_name(struct net *n, const char *name, struct net_link *out)
{
	calls.asked++;
	return net_kernel_ops.link_by_name(n, name, out);
}

static int route_to(struct net *n, const struct ipaddr *dst, uint32_t table, struct net_route *out)
{
	calls.asked++;
	return net_kernel_ops.route_to(n, dst, table, out);
}

static int routes(struct net *n, uint32_t table, bool (*visit)(void *ctx, const struct net_route *r), void *ctx)
{
	calls.read++;
	return net_kernel_ops.routes(n, table, visit, ctx);
}

static int route_add(struct net *n, const struct net_route *r)
{
	calls.changed++;
	return net_kernel_ops.route_add(n, r);
}

static int route_del(struct net *n, const struct net_route *r)
{
	calls.changed++;
	return net_kernel_ops.route_del(n, r);
}

static void zero_random(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)rand();
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void run(const char *command)
{
	if (system(command) == 0)
		return;
	fprintf(stderr, "failed: %s\n", command);
	exit(1);
}

static void enter(struct cfg_editor *ed, const char *line)
{
	if (cfg_editor_line(ed, line, NULL).status == GR_OK)
		return;
	fprintf(stderr, "refused: %s\n", line);
	exit(1);
}

static double batch(const char *file)
{
	char command[200];
	double start = now_s();

	snprintf(command, sizeof(command), "ip -batch %s", file);
	run(command);
	double took = now_s() - start;

	run("ip route flush proto 99");
	return took;
}

/* Reports of what we did ourselves are read as the loop of the daemon would. */
static void settle(struct fx *x)
{
	for (int i = 0; i < 3; i++)
		fx_pump(x, 5000);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10000;
	struct fx_backends b = {.dp_ops = &dp_fake_ops, .net_ops = &counted, .random = zero_random};
	struct dp_config dc = {0};
	double ours = 1e9, theirs = 1e9;
	char why[100] = "", line[120], file[] = "/tmp/routes.XXXXXX";

	if (unshare(CLONE_NEWNET) < 0) {
		perror("a network namespace");
		return 1;
	}
	run("ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip addr add 192.0.2.2/24 dev v0");
	counted = net_kernel_ops;
	counted.link_by_name = link_by_name;
	counted.route_to = route_to;
	counted.routes = routes;
	counted.route_add = route_add;
	counted.route_del = route_del;
	b.dp = b.dp_ops->open(&dc, why, sizeof(why));
	b.net = net_kernel_ops.open(why, sizeof(why));
	if (!b.net) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	FILE *f = fdopen(mkstemp(file), "w");

	for (int i = 0; f && i < n; i++) {
		snprintf(line, sizeof(line), "ip route 10.%d.%d.0 255.255.255.0 192.0.2.1", i / 250 % 250, i % 250);
		enter(ed, line);
		fprintf(f, "route add 10.%d.%d.0/24 via 192.0.2.1 proto 99\n", i / 250 % 250, i % 250);
	}
	if (!f || fclose(f))
		return 1;
	for (int round = 0; round < ROUNDS; round++) {
		struct fx *x = fx_new(&b, 1000);
		double start = now_s(), took;

		fx_commit(x, cfg_editor_candidate(ed), 2000);
		took = now_s() - start;
		ours = took < ours ? took : ours;
		settle(x);
		fx_free(x);
		took = batch(file);
		theirs = took < theirs ? took : theirs;
	}
	unlink(file);
	printf("%d routes                 %.1f ms, ip -batch %.1f ms: ratio %.2f\n", n, ours * 1e3, theirs * 1e3, ours / theirs);

	struct fx *x = fx_new(&b, 1000);

	fx_commit(x, cfg_editor_candidate(ed), 2000);
	settle(x);
	enter(ed, "no ip route 10.0.7.0 255.255.255.0 192.0.2.1");
	enter(ed, "ip route 10.0.7.0 255.255.255.0 192.0.2.9");
	calls.asked = calls.read = calls.changed = 0;
	fx_commit(x, cfg_editor_candidate(ed), 3000);
	settle(x);
	printf("one of them changed          %zu changes, %zu questions, %zu readings of the table\n", calls.changed, calls.asked, calls.read);
	fx_free(x);
	cfg_editor_free(ed);
	cfg_unref(empty);
	b.dp_ops->close(b.dp);
	b.net_ops->close(b.net);
	return 0;
}
