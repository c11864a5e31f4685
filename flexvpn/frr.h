/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The routing protocols are FRR's; the router tells it what to run. Wanted and applied, as
 * everywhere: the configuration gives the lines that FRR is to have, FRR's own `show
 * running-config` says which it has, and the difference goes in through vtysh. What was put in is
 * noted in the state directory, so that a later process takes back what a killed one left; nothing
 * else of FRR's configuration is touched.
 */
#ifndef SPOKE_FLEXVPN_FRR_H
#define SPOKE_FLEXVPN_FRR_H

#include "flexvpn/config.h"
#include "net/vtysh.h"

struct fx;

/* One line of FRR's configuration. */
struct frr_line {
	char *ctx;     /* the lines it stands under, by '\n': "router bgp 1\naddress-family ipv4
	                  unicast" */
	char *text;    /* "": the block itself */
	uint32_t hash; /* of both */
	uint16_t key;  /* a line of the block that begins with the same so many octets replaces it;
	                  0: none */
	bool secret;   /* what follows the key is one */
	bool refused;  /* FRR does not take it */
	bool sent;     /* by this process */
	bool seen;     /* it was in FRR's configuration, spelled this way */
};

struct frr_conf {
	struct frr_line *v;
	size_t n, cap;
	/* Where a line with a hash stands, + 1, for the first `indexed` lines; of more than n_index
	 * / 2 lines or after others were taken out it is made anew. */
	uint32_t *index;
	size_t n_index, indexed;
};

/* A static route as FRR is to know it. */
struct frr_static {
	struct prefix dst;
	uint32_t tag;
};

/* Keeps one line of each text; true: it is new. */
bool frr_conf_add(struct frr_conf *c, const char *ctx, const char *text, size_t key, bool secret);
struct frr_line *frr_conf_find(const struct frr_conf *c, const char *ctx, const char *text);
bool frr_conf_has_block(const struct frr_conf *c, const char *ctx);
void frr_conf_fini(struct frr_conf *c); /* wipes */

/* config_routing.c: what FRR is to have, in an order that works. Nothing without a `router` line.
 * The static routes, in any order, are asked for only where one redistributes them. */
typedef size_t frr_statics_fn(void *ctx, struct frr_static **out); /* the caller frees */
void frr_wanted(
        const struct fx_config *c, frr_statics_fn *statics, void *ctx, struct frr_conf *out);
/* frr_static.c: lists of the static routes, and the route maps that `redistribute kernel` in the
 * lines of `routers` goes through. */
void frr_static_lines(
        const struct frr_conf *routers, frr_statics_fn *statics, void *ctx, struct frr_conf *out);
bool frr_redistributes_static(const struct frr_conf *lines);
#define FRR_STATIC "spoke-static"

/* FRR's `show running-config`. */
void frr_conf_read(const char *text, struct frr_conf *out);
/* The commands that lead from `applied` to `wanted` where FRR has `have`, and the wanted line
 * behind each line of them (NULL: none). */
struct frr_change {
	struct strbuf text;
	struct frr_line **from;
	size_t n, cap;
};
void frr_diff(const struct frr_conf *applied, struct frr_conf *wanted, const struct frr_conf *have,
        struct frr_change *out);
void frr_change_fini(struct frr_change *c);

struct fx_frr;

struct fx_frr *fx_frr_new(const struct fx *x);
void fx_frr_free(struct fx *x); /* takes back what FRR was told */
void fx_frr_configure(struct fx *x);
void fx_frr_run(struct fx *x);
uint64_t fx_frr_deadline(const struct fx *x);
bool fx_frr_wanted(const struct fx *x);     /* is a routing protocol configured? */
const char *fx_frr_why(const struct fx *x); /* why FRR does not run; "": it does */
/* The lines that FRR did not take. */
void fx_frr_refused(const struct fx *x, void (*visit)(void *ctx, const char *text), void *ctx);
/* A show command of FRR. False: it has no answer, and `text` says why. The caller frees. */
bool fx_frr_show(const struct fx *x, const char *command, char **text);

#endif
