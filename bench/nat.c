/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nat RULES: an access list of that many rules, replaced in one transaction, against `nft -f` of
 * the same text; and one rule of them changed. Rounds alternate in a network namespace of its own;
 * root is needed.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/nat.h"

enum { ROUNDS = 5 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct acl *list(int rules)
{
	struct acl *a = acl_new("101", ACL_EXTENDED);

	for (int i = 0; i < rules; i++) {
		struct acl_entry e = acl_rule(i % 2);
		struct ipaddr net = ipaddr_v4(0x0a000000U + (uint32_t)i * 256),
		              wild = ipaddr_v4(255);

		e.src = acl_net(&net, &wild);
		e.proto = 6;
		e.dport =
		        (struct acl_ports){.op = ACL_PORT_EQ, .n = 1, .port = {(uint16_t)(i + 1)}};
		acl_add(a, &e);
	}
	return a;
}

static struct nat *open_nat(const struct nft_ops *ops)
{
	char why[200] = "";
	struct nat *n = nat_new(ops, why, sizeof(why));

	if (n)
		return n;
	fprintf(stderr, "nat: %s\n", why);
	exit(1);
}

static double apply(struct nat *n, const struct nat_wanted *w)
{
	double t = now_ms();

	if (nat_apply(n, w) == 0)
		return now_ms() - t;
	fprintf(stderr, "nat: %s\n", nat_why(n));
	exit(1);
}

static double nft_file(const char *path)
{
	char cmd[100];
	double t = now_ms();

	snprintf(cmd, sizeof(cmd), "nft -f %s", path);
	if (system(cmd) == 0)
		return now_ms() - t;
	fprintf(stderr, "nat: nft failed\n");
	exit(1);
}

static void write_text(struct nat *fake, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(nft_fake_text(nat_nft(fake)), f) < 0 || fclose(f) < 0) {
		perror(path);
		exit(1);
	}
}

static double best(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

int main(int argc, char **argv)
{
	int rules = argc > 1 ? atoi(argv[1]) : 10000;
	char path[] = "/tmp/bench-nat.XXXXXX";
	double ours = 0, theirs = 0, same = 0, one = 0;

	if (unshare(CLONE_NEWNET) < 0 || close(mkstemp(path)) < 0) {
		perror("nat");
		return 1;
	}
	struct acl *a = list(rules);
	const struct acl *acls[] = {a};
	const struct nat_iface lo = {.dev = "lo", .in4 = "101"};
	const struct nat_wanted w = {.iface = &lo, .n_iface = 1, .acl = acls, .n_acl = 1};

	for (int i = 0; i < ROUNDS; i++) {
		struct nat *kernel = open_nat(&nft_kernel_ops), *fake = open_nat(&nft_fake_ops);

		apply(fake, &w);
		write_text(fake, path);
		theirs = best(theirs, nft_file(path));
		ours = best(ours, apply(kernel, &w)); /* its first: what is there is replaced */
		same = best(same, apply(kernel, &w));
		a->e[rules / 2].permit = !a->e[rules / 2].permit;
		one = best(one, apply(kernel, &w));
		nat_free(fake);
		nat_free(kernel);
	}
	printf("%-28s %.0f ms, nft -f %.0f ms: %.2f x\n", "replacing the table", ours, theirs,
	        ours / theirs);
	printf("%-28s %.1f ms, no transaction\n", "the same again", same);
	printf("%-28s %.1f ms: %.2f x of the whole\n", "one rule of it changed", one, one / ours);
	acl_free(a);
	unlink(path);
	return 0;
}
