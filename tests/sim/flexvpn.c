/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The FlexVPN client under fate: one to six clients with random gateway lists, names, sources,
 * groups and track objects live through a day of virtual time with five hubs that die, restart,
 * refuse, forget their key or delete what they have just set up, links that lose their carrier or
 * datagrams, a resolver that fails, an administrator who edits and clears. After every event, when
 * the world is at rest, the invariants of flexvpn_check.c must hold; then everything heals, and
 * after an hour every client that wants a session and could have one has one.
 *
 *   sim_flexvpn --seeds N [--jobs J]   seeds 1 to N
 *   sim_flexvpn SEED [-v|-d]           one seed, as it ran there; -v tells what happens, -d also
 *                                      what the client and its IKE engine debug
 */
#include "flexvpn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

enum { DAY = 24 * HOUR, MAX_JOBS = 16 };

/* ---- chance and words -------------------------------------------------------------------- */

static uint64_t rnd(struct sim *s)
{
	uint64_t z = s->rng += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

unsigned sim_below(struct sim *s, unsigned n)
{
	return (unsigned)(rnd(s) % n);
}

bool sim_chance(struct sim *s, unsigned per_cent)
{
	return sim_below(s, 100) < per_cent;
}

static double seconds(const struct sim *s)
{
	return (double)(s->w->now - 1000000) / 1000; /* when world_new() begins */
}

void sim_say(const struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->verbose)
		return;
	printf("%11.3f ", seconds(s));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void sim_die(const struct sim *s, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "sim_flexvpn: seed %llu at %.3f s: ", (unsigned long long)s->seed,
	        seconds(s));
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n  again: sim_flexvpn %llu -v\n", (unsigned long long)s->seed);
	_exit(1);
}

static void say_line(void *ctx, enum log_sev sev, const char *line)
{
	(void)sev;
	sim_say(ctx, "log    %s", line);
}

/* ---- what hubs do ------------------------------------------------------------------------ */

static void hub_well(struct sim *s, struct world_hub *h)
{
	if (h->dead && sim_chance(s, 50))
		world_hub_restart(h);
	h->dead = h->refuse = h->fickle = false;
	h->redirect_at = IKE_REDIRECT_OFF;
	h->psk = "cisco";
}

/* Sends its clients to another hub, or, sometimes, to itself. */
static void hub_redirects(struct sim *s, struct world_hub *h)
{
	const struct world_hub *to = &s->w->hub[sim_below(s, WORLD_HUBS)];
	bool v6 = sim_chance(s, 20);

	h->redirect_at = sim_chance(s, 50) ? IKE_REDIRECT_INIT : IKE_REDIRECT_AUTH;
	h->redirect_to = (struct ike_gateway){
	        .type = v6 ? IKE_GW_IP6 : IKE_GW_IP4, .addr = v6 ? to->addr6 : to->addr};
}

/* A gateway that asks the clients of sessions that stand. */
static void hub_redirects_now(struct sim *s)
{
	struct world_hub *h = &s->w->hub[sim_below(s, WORLD_HUBS)];
	struct ike_gateway to = {
	        .type = IKE_GW_IP4, .addr = s->w->hub[sim_below(s, WORLD_HUBS)].addr};
	struct ike_sa_info info;

	sim_say(s, "hub %d redirects its sessions", (int)(h - s->w->hub) + 1);
	for (uint32_t at = 0; ike_sa_next(h->ike, at, &info); at = info.handle)
		if (info.state == IKE_S_ESTABLISHED && sim_chance(s, 70))
			ike_redirect(h->ike, info.handle, &to, s->w->now);
}

static void hub_trouble(struct sim *s)
{
	int n = (int)sim_below(s, WORLD_HUBS);
	struct world_hub *h = &s->w->hub[n];
	unsigned kind = sim_below(s, 12);

	hub_well(s, h);
	if (kind < 5)
		h->dead = true;
	else if (kind < 7)
		h->psk = "another";
	else if (kind < 9)
		h->refuse = true;
	else if (kind < 11)
		hub_redirects(s, h);
	else
		h->fickle = true;
	s->hub_until[n] = s->w->now + 10 * SEC + sim_below(s, kind < 5 ? 2 * HOUR : 15 * MINUTE);
	sim_say(s, "hub %d %s", n + 1,
	        h->dead          ? "dies"
	        : h->refuse      ? "refuses"
	        : h->fickle      ? "is fickle"
	        : h->redirect_at ? "sends its clients elsewhere"
	                         : "has another key");
}

static void hub_deletes(struct sim *s)
{
	struct world_hub *h = &s->w->hub[sim_below(s, WORLD_HUBS)];
	struct ike_sa_info info;

	sim_say(s, "hub %d deletes", (int)(h - s->w->hub) + 1);
	for (uint32_t at = 0; ike_sa_next(h->ike, at, &info); at = info.handle)
		if (info.state == IKE_S_ESTABLISHED && sim_chance(s, 70))
			ike_close(h->ike, info.handle, s->w->now);
}

static void hub_restarts(struct sim *s)
{
	struct world_hub *h = &s->w->hub[sim_below(s, WORLD_HUBS)];

	sim_say(s, "hub %d restarts", (int)(h - s->w->hub) + 1);
	world_hub_restart(h);
}

/* What the next session is told: two networks always, sometimes the default route and a list of
 * other gateways. */
static void hub_pushes(struct sim *s)
{
	static const uint8_t all[8];
	static const char *const backup[] = {
	        "10.0.0.1", "10.0.0.4", "10.0.0.5", "10.0.0.9", "hub1.example.net"};
	struct world_hub *h = &s->w->hub[sim_below(s, WORLD_HUBS)];
	unsigned n = sim_below(s, 4);

	h->n_reply = 2;
	if (sim_chance(s, 30))
		h->reply[h->n_reply++] =
		        (struct ike_attr){.type = CFG_IP4_SUBNET, .len = sizeof(all), .val = all};
	for (unsigned i = 0; i < n; i++) {
		const char *b = backup[sim_below(s, ARRAY_LEN(backup))];

		h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_UNITY_BACKUP,
		        .len = (uint16_t)strlen(b),
		        .val = (const uint8_t *)b};
	}
}

/* ---- what the network does ---------------------------------------------------------------- */

static void net_well(struct sim *s)
{
	for (int i = 0; i < WORLD_LINKS; i++)
		if (s->w->cut[i])
			world_carrier(s->w, i, true);
	s->w->loss = 0;
	s->w->names_fail = false;
}

static void net_trouble(struct sim *s)
{
	static const unsigned loss[] = {10, 50, 300, 700};

	s->net_until = s->w->now + SEC + sim_below(s, 30 * MINUTE);
	s->w->latency = sim_chance(s, 30) ? 0 : sim_below(s, 300);
	switch (sim_below(s, 5)) {
	case 0:
		s->w->loss = loss[sim_below(s, ARRAY_LEN(loss))];
		sim_say(s, "loses %u per mille", s->w->loss);
		return;
	case 1:
		s->w->names_fail = true;
		sim_say(s, "the resolver fails");
		return;
	default: {
		int n = (int)sim_below(s, WORLD_LINKS);

		sim_say(s, "link %d %s", n, s->w->cut[n] ? "is up" : "is cut");
		world_carrier(s->w, n, s->w->cut[n]);
	}
	}
}

static void name_changes(struct sim *s)
{
	struct world_name *n = &s->w->name[sim_below(s, SIM_NAMES)];

	n->n = (uint8_t)sim_below(s, 4);
	for (uint8_t i = 0; i < n->n; i++)
		n->addr[i] = ipaddr_v4(0x0a000001u + sim_below(s, WORLD_HUBS));
	sim_say(s, "%s has %u addresses", n->name, n->n);
}

/* ---- what the administrator does ------------------------------------------------------------ */

static void command(struct sim *s)
{
	struct fx *x = s->w->x;
	char name[16];

	snprintf(name, sizeof(name), "c%u", sim_below(s, s->n_clients));
	struct fx_client *c = fx_client_by_name(x, name);

	if (!c || c->state == FX_INIT)
		return;
	switch (sim_below(s, 6)) {
	case 0:
		sim_say(s, "clear crypto ikev2 client flexvpn %s", name);
		fx_client_disconnect(x, c);
		return;
	case 1:
		sim_say(s, "clear crypto ikev2 sa (%s)", name);
		if (c->handle)
			fx_client_reselect(x, c);
		return;
	case 2:
		if (c->sas.n_spi)
			ike_rekey_child(x->ike, c->sas.spi[0], s->w->now);
		return;
	case 3:
		if (c->state == FX_ACTIVE)
			ike_rekey_ike(x->ike, c->handle, s->w->now);
		return;
	default:
		sim_say(s, "crypto ikev2 client flexvpn connect %s", name);
		fx_client_connect(x, c);
	}
}

static void toggle(struct sim *s)
{
	unsigned n = 1 + sim_below(s, SIM_STUBS);

	sim_turn(s, n, !track_up(s->w->x->tracks, n));
}

/* ---- a day ------------------------------------------------------------------------------------
 */

static void heal_what_is_over(struct sim *s)
{
	for (int i = 0; i < WORLD_HUBS; i++)
		if (s->hub_until[i] && s->w->now >= s->hub_until[i]) {
			sim_say(s, "hub %d is well", i + 1);
			s->hub_until[i] = 0;
			hub_well(s, &s->w->hub[i]);
		}
	if (s->net_until && s->w->now >= s->net_until) {
		sim_say(s, "the network is well");
		s->net_until = 0;
		net_well(s);
	}
	if (s->key_until && s->w->now >= s->key_until) {
		s->key_until = 0;
		sim_enter(s, "crypto ikev2 keyring key\npeer all\npre-shared-key cisco\n");
	}
}

static void strike(struct sim *s)
{
	static const struct {
		unsigned weight;
		void (*what)(struct sim *);
	} fate[] = {
	        {20, hub_trouble},
	        {10, hub_deletes},
	        {5, hub_restarts},
	        {5, hub_redirects_now},
	        {5, hub_pushes},
	        {15, net_trouble},
	        {10, name_changes},
	        {20, toggle},
	        {15, command},
	        {15, sim_edit},
	};
	unsigned sum = 0, at;

	for (size_t i = 0; i < ARRAY_LEN(fate); i++)
		sum += fate[i].weight;
	at = sim_below(s, sum);
	for (size_t i = 0; i < ARRAY_LEN(fate); i++) {
		if (at < fate[i].weight) {
			fate[i].what(s);
			break;
		}
		at -= fate[i].weight;
	}
	s->total.events++;
}

/* Mostly minutes; sometimes in the middle of what the last event has started. */
static uint64_t pause_ms(struct sim *s)
{
	if (sim_chance(s, 30))
		return sim_below(s, 300);
	return sim_below(s, sim_chance(s, 30) ? 20 * SEC : 30 * MINUTE);
}

static void begin(struct sim *s, uint64_t seed, bool verbose)
{
	static const char *const names[SIM_NAMES] = {
	        "hub0.example.net", "hub1.example.net", "hub2.example.net", "hub3.example.net"};

	*s = (struct sim){.seed = seed, .rng = seed, .verbose = verbose};
	s->w = world_new();
	s->w->settled = sim_check;
	s->w->settled_ctx = s;
	s->hour_ends = s->w->now + HOUR;
	s->n_clients = 1 + sim_below(s, SIM_CLIENTS);
	s->w->latency = sim_below(s, 100);
	for (unsigned i = 0; i < SIM_NAMES; i++)
		s->w->name[i].name = names[i];
	for (unsigned i = 0; i < SIM_NAMES; i++)
		name_changes(s);
	for (int i = 0; i < WORLD_HUBS; i++) {
		s->w->hub[i].lease_each = true;
		s->w->hub[i].pfs = KE_ECP_256; /* the cheapest that IOS has */
		s->w->hub[i].mobike = sim_chance(s, 50);
		s->w->hub[i].needs_child = sim_chance(s, 20);
		hub_pushes(s);
	}
}

static void heal(struct sim *s)
{
	sim_say(s, "all is well from here on");
	for (int i = 0; i < WORLD_HUBS; i++)
		hub_well(s, &s->w->hub[i]);
	net_well(s);
	s->healed = true;
	sim_repair(s);
}

static void add(struct sim_total *sum, const struct sim_total *t)
{
	for (size_t i = 0; i < sizeof(*sum) / sizeof(unsigned long); i++)
		((unsigned long *)sum)[i] += ((const unsigned long *)t)[i];
}

static void end(struct sim *s, struct sim_total *sum)
{
	sim_check_healed(s);
	fx_free(s->w->x);
	s->w->x = NULL;
	sim_check_nothing_left(s);
	s->total.steps = s->w->steps;
	world_free(s->w);
	add(sum, &s->total);
}

static void run(uint64_t seed, bool verbose, struct sim_total *sum)
{
	static struct sim s;
	struct log_sink *sink;

	begin(&s, seed, verbose);
	sink = verbose ? log_sink_add(say_line, &s, LOG_SEV_DEBUG) : NULL;
	sim_configure(&s);
	for (uint64_t day = s.w->now + DAY; s.w->now < day;) {
		world_run(s.w, 1 + pause_ms(&s));
		heal_what_is_over(&s);
		strike(&s);
	}
	heal(&s);
	world_run(s.w, HOUR);
	for (int i = 0; i < 30 && !sim_is_healed(&s); i++) /* a session that ended just now */
		world_run(s.w, MINUTE);
	log_sink_remove(sink);
	end(&s, sum);
}

/* ---- many seeds ---------------------------------------------------------------------------------
 */

/* Shared between the processes, so that even a crash tells its seed. */
struct board {
	struct sim_total total[MAX_JOBS];
	volatile uint64_t seed[MAX_JOBS];
};

static bool wait_for(pid_t pid, const struct board *b, unsigned job)
{
	int status;

	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "sim_flexvpn: seed %llu failed\n", (unsigned long long)b->seed[job]);
	return false;
}

static int run_many(uint64_t seeds, unsigned jobs)
{
	struct board *b =
	        mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sim_total sum = {0};
	pid_t pid[MAX_JOBS];
	bool ok = true;

	if (b == MAP_FAILED)
		return 1;
	for (unsigned j = 0; j < jobs; j++) {
		pid[j] = fork();
		if (pid[j] != 0)
			continue;
		for (uint64_t i = 1 + j; i <= seeds; i += jobs) {
			b->seed[j] = i;
			run(i, false, &b->total[j]);
		}
		exit(0);
	}
	for (unsigned j = 0; j < jobs; j++) {
		ok &= wait_for(pid[j], b, j);
		add(&sum, &b->total[j]);
	}
	munmap(b, sizeof(*b));
	printf("%llu seeds: %lu events, %lu steps, %lu rests checked, %lu attempts, %lu choices "
	       "checked, %lu trials, %lu standbys, %lu of them taken over, %lu connections of the "
	       "last clients\n",
	        (unsigned long long)seeds, sum.events, sum.steps, sum.rests, sum.attempts,
	        sum.choices, sum.trials, sum.standbys, sum.takeovers, sum.connects);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool many = argc >= 3 && strcmp(argv[1], "--seeds") == 0;
	unsigned long jobs =
	        argc == 5 && strcmp(argv[3], "--jobs") == 0 ? strtoul(argv[4], NULL, 10) : 1;
	struct sim_total sum = {0};

	if (many && jobs >= 1 && jobs <= MAX_JOBS)
		return run_many(strtoull(argv[2], NULL, 10), (unsigned)jobs);
	if (many || argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: sim_flexvpn --seeds N [--jobs J] | SEED [-v|-d]\n");
		return 2;
	}
	if (argc == 3 && strcmp(argv[2], "-d") == 0) {
		dbg_set(DBG_IKEV2, true);
		dbg_set(DBG_FLEXVPN, true);
	}
	run(strtoull(argv[1], NULL, 10), argc == 3, &sum);
	return 0;
}
