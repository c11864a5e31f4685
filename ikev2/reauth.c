/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repeated authentication (RFC 4478): a responder that lets an authentication count for a time only
 * says for how long; the initiator is told in time to authenticate anew, which it does by another
 * session, and the responder ends what was not renewed.
 */
#include "ikev2/sa.h"

static void set(struct session *s, uint32_t seconds)
{
	uint64_t ms = (uint64_t)seconds * 1000;

	if (s->initiator) /* not all clients of one hub at the same time */
		ms = ms / 10 * 9 - ms / 100 * e_random_below(s->e, 10);
	s->reauth_at = s->e->now + ms;
	ike_dbg(s->e, s, 0, "Authentication lifetime: %u seconds", seconds);
}

void reauth_put(struct session *s, struct ike_build *b)
{
	uint8_t seconds[4];

	if (s->initiator || !s->p.auth_lifetime_s)
		return;
	put_u32(seconds, s->p.auth_lifetime_s);
	ike_put_notify(b, N_AUTH_LIFETIME, span_of(seconds, sizeof(seconds)));
	set(s, s->p.auth_lifetime_s);
}

void reauth_read(struct session *s, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (s->initiator && ike_msg_notify(m, N_AUTH_LIFETIME, &n) && n.data.n == 4)
		set(s, get_u32(n.data.p));
}

void reauth_due(struct session *s)
{
	s->reauth_at = IKE_NEVER;
	if (!s->established || s->down)
		return;
	if (s->initiator)
		e_event(s, IKE_EV_REAUTH);
	else
		ike_session_close(s, IKE_R_LIFETIME, 0);
}
