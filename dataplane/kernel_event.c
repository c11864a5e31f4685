/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel reports of its own accord: lifetimes that end (XFRM_MSG_EXPIRE) and authentic ESP
 * in UDP from elsewhere (XFRM_MSG_MAPPING). Reports are lost when the socket's room runs out; then
 * every SA is asked.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "dataplane/kernel.h"

enum { ROOM = 16384 };

void kdp_tell(struct kernel *k, const struct dp_event *ev)
{
	if (k->q_n < KDP_EVENTS)
		k->queue[(k->q_head + k->q_n++) % KDP_EVENTS] = *ev;
}

/* ---- lifetimes ------------------------------------------------------------------------------- */

static void tell_expiry(struct kernel *k, struct kdp_sa *sa, bool hard)
{
	struct dp_event ev = {.type = hard ? DP_EV_HARD_EXPIRE : DP_EV_SOFT_EXPIRE,
	        .tunnel = sa->tun->t.id,
	        .spi = sa->sa.spi_in};

	if (hard ? sa->hard_said : sa->soft_said)
		return;
	sa->soft_said = true;
	sa->hard_said = sa->hard_said || hard;
	kdp_tell(k, &ev);
}

/* Only outbound states have limits. */
static struct kdp_sa *of_outbound(const struct kernel *k, const struct xfrm_usersa_info *i)
{
	for (size_t n = 0; n < k->n_sas; n++) {
		struct kdp_sa *sa = k->sas[n];
		xfrm_address_t dst = xf_addr(&sa->sa.remote.addr);

		if (htonl(sa->sa.spi_out) == i->id.spi && sa->sa.remote.addr.family == i->family &&
		        memcmp(&dst, &i->id.daddr, ipaddr_octets(&sa->sa.remote.addr)) == 0)
			return sa;
	}
	return NULL;
}

static void on_expire(struct kernel *k, const struct nlmsghdr *h)
{
	struct xfrm_user_expire e;
	struct kdp_sa *sa;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(e))
		return;
	memcpy(&e, mnl_nlmsg_get_payload(h), sizeof(e));
	sa = xf_is_ours(e.state.reqid) ? of_outbound(k, &e.state) : NULL;
	if (!sa)
		return;
	sa->out.pkts = e.state.curlft.packets;
	sa->out.bytes = e.state.curlft.bytes;
	tell_expiry(k, sa, e.hard);
}

/* ---- peers that moved ------------------------------------------------------------------------ */

/* All SAs that went to the old place follow: its NAT forgot the old mapping. */
static void follow(struct kernel *k, struct kdp_sa *sa, const struct endpoint *to)
{
	struct endpoint old = sa->sa.remote;
	struct dp_event ev = {.type = DP_EV_REMOTE_MOVED,
	        .tunnel = sa->tun->t.id,
	        .spi = sa->sa.spi_in,
	        .local = sa->sa.local,
	        .remote = *to};

	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->tun == sa->tun && endpoint_eq(&k->sas[i]->sa.remote, &old)) {
			struct endpoint local = k->sas[i]->sa.local;

			kdp_sa_move(&k->dp, k->sas[i]->sa.spi_in, &local, to);
		}
	kdp_tell(k, &ev);
}

/* The kernel reports every packet until the state is moved. */
static void on_mapping(struct kernel *k, const struct nlmsghdr *h)
{
	struct xfrm_user_mapping m;
	struct endpoint to;
	struct kdp_sa *sa;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(m))
		return;
	memcpy(&m, mnl_nlmsg_get_payload(h), sizeof(m));
	sa = xf_is_ours(m.reqid) ? kdp_sa_find(k, ntohl(m.id.spi)) : NULL;
	if (!sa)
		return;
	to = (struct endpoint){xf_ipaddr(m.id.family, &m.new_saddr), ntohs(m.new_sport)};
	if (!endpoint_eq(&to, &sa->sa.remote))
		follow(k, sa, &to);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void ask_all(struct kernel *k)
{
	struct dp_sa_state st;

	for (size_t i = 0; i < k->n_sas; i++) {
		struct kdp_sa *sa = k->sas[i];
		int rc = kdp_talk(
		        k->xfrm, xf_ask_sa(k->msg, XFRM_MSG_GETSA, &sa->sa, false), NULL, NULL);

		kdp_sa_get(&k->dp, sa->sa.spi_in, &st);
		if (rc == -ESRCH)
			tell_expiry(k, sa, true);
		else if (sa->sa.soft_bytes && sa->out.bytes >= sa->sa.soft_bytes)
			tell_expiry(k, sa, false);
	}
}

static void on_report(struct kernel *k, const struct nlmsghdr *h)
{
	if (h->nlmsg_type == XFRM_MSG_EXPIRE)
		on_expire(k, h);
	else if (h->nlmsg_type == XFRM_MSG_MAPPING)
		on_mapping(k, h);
}

void kdp_events_read(struct kernel *k)
{
	_Alignas(8) uint8_t room[ROOM];

	while (k->q_n < KDP_EVENTS) {
		ssize_t n = mnl_socket_recvfrom(k->events, room, sizeof(room));
		const struct nlmsghdr *h = (const void *)room;
		int left = (int)n;

		if (n < 0 && errno == ENOBUFS) {
			ask_all(k);
			return;
		}
		if (n <= 0)
			return;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			on_report(k, h);
	}
}
