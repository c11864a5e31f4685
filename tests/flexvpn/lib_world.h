/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small world under virtual time: the router as a machine over recording back ends, and hubs that are bare IKE engines. Datagrams
 * cross it at once unless a hub is dead. Nothing here sleeps.
 */
#ifndef SPOKE_TESTS_WORLD_H
#define SPOKE_TESTS_WORLD_H

#include "flexvpn/core.h"

enum { WORLD_HUBS = 3 };

struct world_hub {
	struct world *w;
	struct ike *ike;
	struct ipaddr addr;
	const char *psk;
	struct secret key; /* what the engine is shown of it */
	bool dead;           /* neither hears nor speaks */
	struct prefix lease; /* the address it assigns */
	struct ike_attr reply[16];
	size_t n_reply;
	size_t inits;        /* IKE_SA_INIT requests it saw */
	struct ike_attr set[32]; /* the last CFG_SET it got, copied */
	uint8_t set_data[32][20];
	size_t n_set, sets;
};

/* A name that the world's resolver knows. */
struct world_name {
	const char *name;
	struct ipaddr addr[3];
	uint8_t n;
};

enum { WORLD_PENDING = 32, WORLD_NAMES = 4 };

struct world {
	struct fx *x;
	struct fx_backends b;
	uint64_t now;
	struct world_hub hub[WORLD_HUBS];
	struct cfg_editor *ed;
	uint32_t link[2]; /* eth0, eth1 */
	struct cfg *empty;
	uint32_t seed;
	struct world_name name[WORLD_NAMES];
	struct resolver_answer answer[WORLD_PENDING]; /* not yet polled */
	size_t n_answer;
	unsigned asked; /* questions so far */
	struct { /* probes sent to an address that is no dead hub: answered at the next poll */
		uint32_t id;
	} echo[WORLD_PENDING];
	size_t n_echo;
	char log[64][256]; /* syslog lines, newest last */
	size_t n_log;
	struct log_sink *sink;
};

struct world *world_new(void); /* spoke 172.16.0.1 on eth0; hubs 10.0.0.1 … 10.0.0.3, key "cisco" */
void world_free(struct world *w);
/* Lines separated by '\n', entered as a person would; every one must be accepted; committed at the end. */
void world_enter(struct world *w, const char *lines);
void world_run(struct world *w, uint64_t ms); /* let virtual time pass */
/* Until the client is in this state, at most `ms`. */
bool world_until(struct world *w, const char *client, enum fx_state s, uint64_t ms);
bool world_logged(const struct world *w, const char *part);
struct fx_client *world_client(struct world *w, const char *name);

/* The guide's own example, spelled as it is printed there, with the one line that binds its interface. */
extern const char world_guide_example[];

#endif
