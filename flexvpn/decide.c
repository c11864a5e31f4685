/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of a peer and of a source: see decide.h. */
#include "flexvpn/decide.h"

const char *fx_excluded_text(enum fx_excluded x)
{
	static const char *const text[] = {
	        [FX_POSSIBLE] = "possible",
	        [FX_X_FAILED] = "failed in this pass",
	        [FX_X_TRACK] = "track object not in the configured state",
	        [FX_X_GROUP] = "in use by another client of the backup group",
	};

	return text[x];
}

bool fx_track_holds(const struct track_set *t, uint32_t number, bool down)
{
	return number == 0 || track_up(t, number) != down;
}

static enum fx_excluded judge(const struct fx_candidate *k, const struct fx_facts *f)
{
	if (fx_tried_has(f->tried, k->at))
		return FX_X_FAILED;
	if (!fx_track_holds(f->tracks, k->track, k->track_down))
		return FX_X_TRACK;
	if (f->taken && !k->name && f->taken(f->ctx, &k->addr))
		return FX_X_GROUP;
	return FX_POSSIBLE;
}

static void add(struct fx_decision *out, struct fx_candidate k, const struct fx_facts *f)
{
	if (out->n == FX_MAX_PEERS)
		return;
	k.track_is_up = k.track && track_up(f->tracks, k.track);
	k.excluded = judge(&k, f);
	if (k.excluded == FX_POSSIBLE && out->chosen < 0)
		out->chosen = (int)out->n;
	out->cand[out->n++] = k;
}

static void add_downloaded(
        struct fx_decision *out, const struct fx_downloaded *d, const struct fx_facts *f)
{
	for (uint8_t i = 0; i < d->n; i++) {
		struct fx_candidate k = {.at = {.seq = d->from, .down = (uint8_t)(i + 1)}};

		if (!ipaddr_parse(d->name[i], &k.addr))
			k.name = d->name[i];
		add(out, k, f);
	}
}

static void choose_source(
        const struct fx_client_cfg *c, const struct fx_facts *f, struct fx_decision *out)
{
	for (size_t i = 0; i < c->sources.n; i++)
		if (fx_track_holds(f->tracks, c->sources.v[i].track, false)) {
			out->source = c->sources.v[i].ifname;
			out->source_seq = c->sources.v[i].seq;
			return;
		}
}

void fx_decide(const struct fx_client_cfg *c, const struct fx_facts *f, struct fx_decision *out)
{
	out->n = 0;
	out->chosen = -1;
	out->source = NULL;
	out->source_seq = 0;
	for (size_t i = 0; i < c->peers.n; i++) {
		const struct fx_peer *p = &c->peers.v[i];
		struct fx_candidate k = {.at = {.seq = p->seq},
		        .name = p->fqdn,
		        .v6 = p->fqdn_ipv6,
		        .addr = p->addr,
		        .track = p->track,
		        .track_down = p->track_down};

		add(out, k, f);
		if (f->downloaded && p->seq == f->downloaded->from)
			add_downloaded(out, f->downloaded, f);
	}
	choose_source(c, f, out);
}
