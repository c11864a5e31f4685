/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nft_fake_ops: keeps the text of the last transaction; counters and connections are what a test
 * puts in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/nft.h"

struct fake_counter {
	char *name;
	uint64_t packets, bytes;
};

struct fake {
	struct nft nft;
	char *text;
	size_t runs;
	struct fake_counter *counter;
	struct nft_flow *flow;
	size_t n_counter, n_flow;
	uint32_t next_id;
	int fail;
};

static struct fake *fake(struct nft *n)
{
	return (struct fake *)n;
}

static struct nft *fake_open(char *why, size_t n)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	if (n)
		*why = '\0';
	f->nft.ops = &nft_fake_ops;
	f->text = xstrdup("");
	return &f->nft;
}

static void fake_close(struct nft *n)
{
	struct fake *f = fake(n);

	if (!f)
		return;
	for (size_t i = 0; i < f->n_counter; i++)
		free(f->counter[i].name);
	free(f->counter);
	free(f->flow);
	free(f->text);
	free(f);
}

static int fake_run(struct nft *n, const char *text, char *why, size_t len)
{
	struct fake *f = fake(n);
	int err = f->fail;

	f->runs++;
	f->fail = 0;
	if (err) {
		snprintf(why, len, "%s", strerror(err));
		return -err;
	}
	free(f->text);
	f->text = xstrdup(text);
	return 0;
}

static int fake_counters(
        struct nft *n, bool reset, void (*visit)(void *ctx, const struct nft_counter *c), void *ctx)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_counter; i++) {
		struct nft_counter c = {
		        f->counter[i].name, f->counter[i].packets, f->counter[i].bytes};

		visit(ctx, &c);
		if (reset)
			f->counter[i].packets = f->counter[i].bytes = 0;
	}
	return 0;
}

static int fake_flows(struct nft *n, void (*visit)(void *ctx, const struct nft_flow *f), void *ctx)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_flow; i++)
		visit(ctx, &f->flow[i]);
	return 0;
}

static int fake_flow_del(struct nft *n, const struct nft_flow *gone)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_flow; i++) {
		if (f->flow[i].id != gone->id)
			continue;
		f->flow[i] = f->flow[--f->n_flow];
		break;
	}
	return 0;
}

const struct nft_ops nft_fake_ops = {
        .name = "fake",
        .open = fake_open,
        .close = fake_close,
        .run = fake_run,
        .counters = fake_counters,
        .flows = fake_flows,
        .flow_del = fake_flow_del,
};

const char *nft_fake_text(const struct nft *n)
{
	return ((const struct fake *)n)->text;
}

size_t nft_fake_runs(const struct nft *n)
{
	return ((const struct fake *)n)->runs;
}

void nft_fake_counter(struct nft *n, const char *name, uint64_t packets, uint64_t bytes)
{
	struct fake *f = fake(n);

	f->counter = xrealloc(f->counter, (f->n_counter + 1) * sizeof(*f->counter));
	f->counter[f->n_counter++] = (struct fake_counter){xstrdup(name), packets, bytes};
}

void nft_fake_flow(struct nft *n, const struct nft_flow *flow)
{
	struct fake *f = fake(n);

	f->flow = xrealloc(f->flow, (f->n_flow + 1) * sizeof(*f->flow));
	f->flow[f->n_flow] = *flow;
	f->flow[f->n_flow++].id = ++f->next_id;
}

size_t nft_fake_flows(const struct nft *n)
{
	return ((const struct fake *)n)->n_flow;
}

void nft_fake_fail_next(struct nft *n, int err)
{
	fake(n)->fail = err;
}
