/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto ikev2 client flexvpn [NAME] [detail], and the event trace: exec-and-cli reference B4,
 * B20. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"
#include "flexvpn/exec.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

static const char *group_text(int group, char buf[16])
{
	if (group < 0)
		return "None";
	if (group == 0)
		return "Default";
	snprintf(buf, 16, "%d", group);
	return buf;
}

static const char *connect_text(const struct fx_client_cfg *c, char buf[32])
{
	if (c->connect == FX_CONNECT_AUTO)
		return "auto";
	if (c->connect == FX_CONNECT_MANUAL)
		return "manual";
	snprintf(buf, 32, "track %u %s", c->connect_track, c->connect_track_down ? "down" : "up");
	return buf;
}

static void standby(struct out *o, const struct fx_standby *s)
{
	char a[IPADDR_STRLEN];

	out_field_str(o, "standby", "  Standby : %s",
	        !s->at.seq        ? "none"
	        : s->peer_name[0] ? s->peer_name
	                          : ipaddr_fmt(&s->peer, a));
	if (s->at.seq)
		out_field_str(o, "standby-state", " (%s)",
		        s->ready                 ? "ready"
		        : s->handle || s->asking ? "connecting"
		                                 : s->why);
	out_text(o, "\n");
}

static void summary(const struct fx *x, struct out *o, const struct fx_client *c,
        const struct fx_client_cfg *cfg)
{
	char a[IPADDR_STRLEN], g[16];

	out_field_str(o, "profile", "  Profile : %s\n", c->name);
	out_field_str(o, "state", "  Current state:%s\n", fx_state_name(c->state));
	out_field_str(o, "peer", "  Peer : %s\n", c->at.seq ? ipaddr_fmt(&c->peer, a) : "not set");
	out_field_str(o, "source", "  Source : %s\n", c->source[0] ? c->source : "not set");
	out_field_str(o, "ivrf", "  ivrf : %s\n", fx_ivrf(x, cfg->tunnel, "IP DEFAULT"));
	out_field_str(o, "fvrf", "  fvrf : %s\n", fx_fvrf(x, cfg->tunnel, "IP DEFAULT"));
	out_field_str(o, "backup-group", "  Backup group: %s\n", group_text(cfg->backup_group, g));
	out_field_str(
	        o, "tunnel", "  Tunnel interface : %s\n", cfg->tunnel ? cfg->tunnel : "not set");
	if (cfg->standby)
		standby(o, &c->standby);
	if (c->pushed.addr4.addr.family)
		out_field_str(o, "assigned-address", "  Assigned IP address: %s\n",
		        ipaddr_fmt(&c->pushed.addr4.addr, a));
	if (c->pushed.addr6.addr.family)
		out_field_str(o, "assigned-address6", "  Assigned IPv6 address: %s\n",
		        ipaddr_fmt(&c->pushed.addr6.addr, a));
	if (c->why[0])
		out_field_str(o, "reason", "  Reason : %s\n", c->why);
}

/* "10.0.0.1", or "hub1.example.net (10.0.0.1)" once the name is resolved. */
static const char *gateway_name(const struct fx_candidate *k, char buf[320])
{
	char a[IPADDR_STRLEN];

	if (!k->name)
		return ipaddr_fmt(&k->addr, buf);
	if (ipaddr_is_set(&k->addr))
		snprintf(buf, 320, "%s (%s)", k->name, ipaddr_fmt(&k->addr, a));
	else
		snprintf(buf, 320, "%s", k->name);
	return buf;
}

static void gateway(struct out *o, const struct fx_candidate *k, const char *verdict)
{
	char name[320];

	out_obj(o, NULL);
	out_field_int(o, "sequence", "    %3lld ", k->at.seq);
	out_field_str(o, "address", " %-39s", gateway_name(k, name));
	out_field_str(o, "origin", " %-10s", k->at.down ? "downloaded" : "static");
	if (k->track) {
		out_field_int(o, "track", " track %lld", k->track);
		out_field_str(o, "track-wanted", " %s", k->track_down ? "down" : "up");
		out_field_str(o, "track-state", " (is %s)", k->track_is_up ? "up" : "down");
	}
	out_field_str(o, "verdict", " %s\n", verdict);
	out_obj_end(o);
}

/* What is in use was chosen when the session began; what would be chosen now may be another. */
static const char *verdict(
        const struct fx_client *c, const struct fx_candidate *k, bool first_possible)
{
	if (c->at.seq && k->at.seq == c->at.seq && k->at.down == c->at.down)
		return c->state == FX_ACTIVE ? "in use" : "being tried";
	if (fx_trial_on(c) && k->at.seq == c->trial.at.seq && k->at.down == c->trial.at.down)
		return "being tried beside the one in use";
	if (first_possible && !c->at.seq)
		return "chosen";
	return fx_excluded_text(k->excluded);
}

static void gateways(struct out *o, const struct fx_client *c, const struct fx_decision *d)
{
	out_text(o, "  Gateway list:\n");
	out_list(o, "gateways");
	for (size_t i = 0; i < d->n; i++)
		gateway(o, &d->cand[i], verdict(c, &d->cand[i], (int)i == d->chosen));
	out_list_end(o);
}

static void sources(struct out *o, const struct fx_decision *d, const struct fx_client_cfg *cfg)
{
	if (!cfg->sources.n)
		return;
	out_text(o, "  Source list:\n");
	out_list(o, "sources");
	for (size_t i = 0; i < cfg->sources.n; i++) {
		const struct fx_source *s = &cfg->sources.v[i];

		out_obj(o, NULL);
		out_field_int(o, "sequence", "    %3lld ", s->seq);
		out_field_str(o, "interface", " %-39s", s->ifname);
		if (s->track)
			out_field_int(o, "track", " track %lld", s->track);
		out_text(o, "%s\n", s->seq == d->source_seq ? " chosen" : "");
		out_bool(o, "chosen", s->seq == d->source_seq);
		out_obj_end(o);
	}
	out_list_end(o);
}

static void names(struct out *o, const char *key, const char *label, const char *list, size_t width,
        uint8_t n)
{
	out_list(o, key);
	for (uint8_t i = 0; i < n; i++) {
		out_text(o, "  %s : %s\n", label, list + i * width);
		out_str(o, NULL, list + i * width);
	}
	out_list_end(o);
}

static void pushed(struct out *o, const struct fx_pushed *p)
{
	char a[PREFIX_STRLEN];

	out_list(o, "networks");
	for (size_t i = 0; i < p->n_subnet; i++) {
		out_text(o, "  Network : %s\n", prefix_fmt(&p->subnet[i], a));
		out_str(o, NULL, prefix_fmt(&p->subnet[i], a));
	}
	out_list_end(o);
	for (uint8_t i = 0; i < p->n_dns; i++)
		out_text(o, "  DNS : %s\n", ipaddr_fmt(&p->dns[i], a));
	for (uint8_t i = 0; i < p->n_nbns; i++)
		out_text(o, "  WINS : %s\n", ipaddr_fmt(&p->nbns[i], a));
	if (p->def_domain[0])
		out_field_str(o, "default-domain", "  Default domain : %s\n", p->def_domain);
	if (p->banner[0])
		out_field_str(o, "banner", "  Banner : %s\n", p->banner);
	names(o, "split-dns", "Split DNS", p->split_dns[0], sizeof(p->split_dns[0]),
	        p->n_split_dns);
	names(o, "backup-gateways", "Backup gateway", p->backup[0], sizeof(p->backup[0]),
	        p->n_backup);
}

/* "*Nov 24 15:20:19.472  ACTIVE -> NEGOTIATING  10.0.0.1: DPD …", the newest first. */
static void transitions(struct out *o, const struct fx_client *c)
{
	const struct fx_transition *t;
	char when[40];

	if (!c->n_past)
		return;
	out_text(o, "  Last transitions:\n");
	out_list(o, "transitions");
	for (uint32_t i = 0; (t = fx_client_transition(c, i)); i++) {
		out_obj(o, NULL);
		out_field_str(o, "time", "    %s ", log_time_fmt(t->when, true, when));
		out_field_str(o, "from", " %s ->", fx_state_name(t->from));
		out_field_str(o, "to", " %s", fx_state_name(t->to));
		if (t->peer[0])
			out_field_str(o, "peer", ", peer %s", t->peer);
		out_field_str(o, "cause", ": %s\n", t->cause);
		out_obj_end(o);
	}
	out_list_end(o);
}

static void detail(struct exec *e, const struct fx_client *c, const struct fx_client_cfg *cfg)
{
	char buf[32], age[16];

	out_field_str(e->o, "connect", "  Connect : %s\n", connect_text(cfg, buf));
	out_field_str(e->o, "in-state-for", "  In this state for : %s\n",
	        fx_age_fmt(fx_show_age(e, c->since), age));
	out_field_int(e->o, "attempts", "  Attempts : %lld", c->attempts);
	out_field_int(e->o, "connects", ", connects : %lld\n", c->connects);
	for (uint8_t i = 0; i < cfg->n_inside; i++)
		out_text(e->o, "  Inside interface : %s\n", cfg->inside[i]);
	const struct fx_decision *d = fx_client_choices(e->fx, c);

	gateways(e->o, c, d);
	sources(e->o, d, cfg);
	transitions(e->o, c);
	pushed(e->o, &c->pushed);
}

void exec_show_crypto_ikev2_client_flexvpn(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_client_flexvpn *a)
{
	out_list(e->o, NULL);
	for (const struct fx_client *c = e->fx->clients; c; c = c->next) {
		const struct fx_client_cfg *cfg = fx_find_client(e->fx->cfg, c->name);

		if (!cfg || (a->has_name && strcmp(a->name, c->name) != 0))
			continue;
		out_obj(e->o, NULL);
		summary(e->fx, e->o, c, cfg);
		if (a->kw_detail)
			detail(e, c, cfg);
		out_obj_end(e->o);
		out_text(e->o, "\n");
	}
	out_list_end(e->o);
}
