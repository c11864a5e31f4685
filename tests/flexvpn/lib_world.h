/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small world under virtual time: the router as a machine over recording back ends, and hubs that are bare IKE engines. Datagrams
 * cross it at once, unless a hub is dead, a link is cut, or loss and latency are set. Nothing here sleeps.
 */
#ifndef SPOKE_TESTS_WORLD_H
#define SPOKE_TESTS_WORLD_H

#include "flexvpn/core.h"

enum { WORLD_HUBS = 5, WORLD_TUNNELS = 6, WORLD_LINKS = 2 };

struct world_hub {
	struct world *w;
	struct ike *ike;
	struct ipaddr addr, addr6; /* 10.0.0.N and 2001:db8::N */
	const char *psk;
	struct secret key; /* what the engine is shown of it */
	bool dead;           /* neither hears nor speaks */
	bool refuse;         /* answers NO_PROPOSAL_CHOSEN */
	bool fickle;         /* deletes what it has just set up */
	bool lease_each;     /* every session gets another address */
	enum ike_redirect_at redirect_at; /* sends its clients to redirect_to */
	struct ike_gateway redirect_to;
	bool mobike;
	uint16_t pfs;        /* the group of its children's own key exchanges, if any; group 2 at first */
	bool needs_child;    /* knows no IKE SA without one */
	uint32_t auth_lifetime_s; /* repeats authentication; 0: never */
	struct prefix lease; /* the address it assigns */
	uint32_t leases;
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

/* A datagram on its way. */
struct world_flight {
	uint64_t at;
	int hub; /* to this one; -1: to the spoke */
	struct dp_event ev;
};

enum { WORLD_PENDING = 256, WORLD_NAMES = 4 };

struct world {
	struct fx *x;
	struct fx_backends b;
	uint64_t now;
	struct world_hub hub[WORLD_HUBS];
	struct cfg_editor *ed;
	uint32_t link[WORLD_LINKS]; /* eth0, eth1 */
	bool cut[WORLD_LINKS];      /* without carrier: nothing passes (172.16/12 and 2001:db8:16::/48 live on the first, 172.20/16 and
	                               2001:db8:20::/48 on the second) */
	unsigned loss;              /* per mille of the datagrams */
	uint64_t latency;           /* one way; 0: they arrive at once */
	bool names_fail;            /* the resolver's servers do not answer: says so after five seconds */
	void (*settled)(struct world *w, void *ctx); /* told whenever the world has come to rest; NULL: nobody */
	void *settled_ctx;
	uint64_t rested_at; /* when it was told last: not again before anything moves */
	bool storm; /* datagrams that never end */
	unsigned long steps;
	struct world_flight *flight;
	size_t n_flight, cap_flight;
	struct cfg *empty;
	uint32_t seed;
	struct world_name name[WORLD_NAMES];
	struct resolver_answer answer[WORLD_PENDING]; /* not yet polled */
	uint64_t answer_at[WORLD_PENDING];
	size_t n_answer;
	struct sla_cfg probe; /* the last one sent */
	uint32_t sent_vrf;    /* the front door of the last datagram of the spoke's */
	unsigned asked; /* questions so far */
	struct resolver_question question; /* the last one; its name is not kept */
	struct { /* probes sent to an address that is no dead hub: answered at the next poll */
		uint32_t id;
	} echo[WORLD_PENDING];
	size_t n_echo;
	char log[64][256]; /* syslog lines, newest last */
	size_t n_log;
	struct log_sink *sink;
};

struct world *world_without_vrfs(void); /* on a kernel that has no VRF devices */
struct world *world_new(void); /* spoke 172.16.0.1 on eth0; hubs 10.0.0.1 … 10.0.0.5, key "cisco" */
void world_free(struct world *w);
/* Lines separated by '\n', entered as a person would; every one must be accepted; committed at the end. */
void world_enter(struct world *w, const char *lines);
void world_run(struct world *w, uint64_t ms); /* let virtual time pass */
/* A hub that starts again knows nothing of its sessions. */
void world_hub_restart(struct world_hub *h);
void world_carrier(struct world *w, int link, bool up);
/* Until the client is in this state, at most `ms`. */
bool world_until(struct world *w, const char *client, enum fx_state s, uint64_t ms);
bool world_logged(const struct world *w, const char *part);
struct fx_client *world_client(struct world *w, const char *name);

/* The guide's own example, spelled as it is printed there, with the one line that binds its interface. */
extern const char world_guide_example[];

#endif
