/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the files of the FlexVPN client's simulator: flexvpn.c runs seeds and lets fate strike,
 * flexvpn_config.c writes random configurations and edits, flexvpn_check.c knows what must hold
 * whenever the world has come to rest.
 */
#ifndef SPOKE_TESTS_SIM_FLEXVPN_H
#define SPOKE_TESTS_SIM_FLEXVPN_H

#include "lib_world.h"

enum {
	SEC = 1000,
	MINUTE = 60 * SEC,
	HOUR = 60 * MINUTE,
	SIM_CLIENTS = 6,
	SIM_STUBS = 3, /* track objects 1 to 3: switches */
	SIM_NAMES = WORLD_NAMES,
};

/* What the checker remembers of a client from rest to rest. */
struct sim_client {
	bool wanted; /* configured just now */
	uint32_t id, attempts, handle, trial, standby;
	uint32_t attempts_then; /* when this hour began */
};

struct sim_total {
	unsigned long rests, choices, connects, attempts, trials, standbys, takeovers, events,
	        steps, peak_hour;
};

struct sim {
	uint64_t seed, rng;
	bool verbose, healed;
	struct world *w;
	unsigned n_clients;
	struct sim_client c[SIM_CLIENTS];
	uint64_t track_changes;
	uint64_t hour_ends;
	unsigned long steps_then;
	uint64_t hub_until[WORLD_HUBS]; /* its trouble ends then */
	uint64_t net_until;             /* loss, links, resolver */
	uint64_t key_until;             /* the key of the keyring is mistyped */
	struct sim_total total;
};

/* ---- flexvpn.c ---- */
unsigned sim_below(struct sim *s, unsigned n);
bool sim_chance(struct sim *s, unsigned per_cent);
void sim_say(const struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_die(const struct sim *s, const char *fmt, ...)
        __attribute__((format(printf, 2, 3), noreturn));

/* ---- flexvpn_config.c ---- */
void sim_enter(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_configure(struct sim *s); /* the first configuration */
void sim_edit(struct sim *s);      /* a change of it */
void sim_turn(struct sim *s, unsigned stub, bool up);
void sim_repair(struct sim *s); /* nothing of the configuration stands in a client's way */

/* ---- flexvpn_check.c ---- */
void sim_check(struct world *w, void *ctx); /* after every rest */
bool sim_is_healed(const struct sim *s);
void sim_check_healed(struct sim *s);       /* long after all trouble has ended */
void sim_check_nothing_left(struct sim *s); /* after the router has gone */

#endif
