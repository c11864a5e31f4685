/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Configuration payload (RFC 7296 §2.19, §3.15): REQUEST and REPLY in IKE_AUTH, SET and ACK in
 * INFORMATIONAL, both roles. What the attributes mean is the caller's business, except addresses:
 * those are leased here.
 */
#include <string.h>

#include "ikev2/sa.h"

static bool cp_find(const struct ike_msg *m, uint8_t type, struct ike_pl_cp *out)
{
	for (const struct ike_pl *p = ike_msg_find(m, PL_CP); p; p = ike_msg_find_next(m, PL_CP, p))
		if (ike_get_cp(p, out) && out->type == type)
			return true;
	return false;
}

static struct ike_attrs cp_attrs(const struct ike_pl_cp *cp)
{
	return (struct ike_attrs){.v = cp->attr, .n = cp->n};
}

/* ---- initiator ------------------------------------------------------------------ */

static const char *attr_name(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {
	        {CFG_IP4_ADDRESS, "ipv4-addr"},
	        {CFG_IP4_NETMASK, "ipv4-netmask"},
	        {CFG_IP4_DNS, "ipv4-dns"},
	        {CFG_IP4_NBNS, "ipv4-nbns"},
	        {CFG_APP_VERSION, "app-version"},
	        {CFG_IP6_ADDRESS, "ipv6-addr"},
	        {CFG_IP6_DNS, "ipv6-dns"},
	        {CFG_IP4_SUBNET, "ipv4-subnet"},
	        {CFG_IP6_SUBNET, "ipv6-subnet"},
	        {CFG_UNITY_BANNER, "banner"},
	        {CFG_UNITY_DEF_DOMAIN, "def-domain"},
	        {CFG_UNITY_SPLIT_DNS, "split-dns"},
	        {CFG_UNITY_BACKUP, "backup-gateway"},
	        {CFG_FLEX_CONFIG_URL, "config-url"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "unknown";
}

static void debug_attrs(
        struct session *s, const char *head, const char *type, const struct ike_attrs *a)
{
	if (!s->e->ops.debug)
		return;
	ike_dbg(s->e, s, 0, "%s", head);
	ike_dbg(s->e, s, 0, "Config-type: %s ", type);
	for (size_t i = 0; i < a->n; i++)
		ike_dbg(s->e, s, 0, "Attrib type: %s, length: %u", attr_name(a->v[i].type),
		        a->v[i].len);
}

void cfg_put_request(struct session *s, struct ike_build *b)
{
	if (!s->p.cfg_request.n)
		return;
	debug_attrs(s, "Config data to send:", "Config-request", &s->p.cfg_request);
	ike_put_cp(b, CP_REQUEST, &s->p.cfg_request);
}

static void note_assigned(struct session *s, const struct ike_attrs *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ike_attr *v = &a->v[i];

		if (v->type == CFG_IP4_ADDRESS && v->len == 4 && !s->assigned4.addr.family)
			s->assigned4 =
			        (struct prefix){.addr = ipaddr_from(AF_INET, v->val), .len = 32};
		if (v->type == CFG_IP6_ADDRESS && v->len == 17 && v->val[16] <= 128 &&
		        !s->assigned6.addr.family)
			s->assigned6 = (struct prefix){
			        .addr = ipaddr_from(AF_INET6, v->val), .len = v->val[16]};
	}
}

bool cfg_take_reply(struct session *s, const struct ike_msg *m)
{
	struct ike_pl_cp cp;

	if (!cp_find(m, CP_REPLY, &cp))
		return false;
	struct ike_attrs a = cp_attrs(&cp);

	debug_attrs(s, "Config data recieved:", "Config-reply", &a);
	attrs_copy(&s->pushed, &a);
	note_assigned(s, &a);
	return true;
}

/* ---- responder ------------------------------------------------------------------ */

struct reply {
	struct ike_attr v[IKE_MAX_ATTRS];
	size_t n;
	uint8_t addr4[4], mask4[4], addr6[17];
};

static bool asks(const struct ike_pl_cp *cp, uint16_t type)
{
	for (size_t i = 0; i < cp->n; i++)
		if (cp->attr[i].type == type)
			return true;
	return false;
}

static void put(struct reply *r, uint16_t type, const uint8_t *val, uint16_t len)
{
	if (r->n < ARRAY_LEN(r->v))
		r->v[r->n++] = (struct ike_attr){.type = type, .len = len, .val = val};
}

/* The address that the peer would like to have: what its question holds. */
static struct prefix wish(const struct ike_pl_cp *cp, int family)
{
	uint16_t type = family == AF_INET ? CFG_IP4_ADDRESS : CFG_IP6_ADDRESS;
	size_t len = family == AF_INET ? 4 : 16;
	struct prefix p = {0};

	for (size_t i = 0; i < cp->n; i++)
		if (cp->attr[i].type == type && cp->attr[i].len >= len) {
			p.addr = ipaddr_from(family, cp->attr[i].val);
			p.len = (uint8_t)(8 * len);
		}
	if (!ipaddr_is_set(&p.addr) || ipaddr_is_any(&p.addr))
		p = (struct prefix){0};
	return p;
}

/* An address once given stays the session's. */
static bool lease(
        struct session *s, const struct ike_pl_cp *cp, int family, struct prefix *assigned)
{
	const struct ike_ops *o = &s->e->ops;
	struct prefix p = wish(cp, family);

	if (assigned->addr.family)
		return true;
	if (!o->lease || !o->lease(o->ctx, s->handle, s->p.owner, &s->remote_id, family, &p) ||
	        p.addr.family != family)
		return false;
	s->leased = true;
	*assigned = p;
	return true;
}

static bool put_addresses(struct session *s, const struct ike_pl_cp *cp, struct reply *r)
{
	bool want4 = asks(cp, CFG_IP4_ADDRESS), want6 = asks(cp, CFG_IP6_ADDRESS);
	bool have4 = want4 && lease(s, cp, AF_INET, &s->assigned4);
	bool have6 = want6 && lease(s, cp, AF_INET6, &s->assigned6);

	if (have4) {
		memcpy(r->addr4, s->assigned4.addr.b, 4);
		put_u32(r->mask4, len_to_mask(s->assigned4.len));
		put(r, CFG_IP4_ADDRESS, r->addr4, 4);
		if (asks(cp, CFG_IP4_NETMASK))
			put(r, CFG_IP4_NETMASK, r->mask4, 4);
	}
	if (have6) {
		memcpy(r->addr6, s->assigned6.addr.b, 16);
		r->addr6[16] = s->assigned6.len ? s->assigned6.len : 128;
		put(r, CFG_IP6_ADDRESS, r->addr6, 17);
	}
	return have4 || have6 || (!want4 && !want6);
}

bool cfg_answer_request(
        struct session *s, const struct ike_msg *m, bool *asked, struct attr_store *out)
{
	struct ike_pl_cp cp;
	struct reply r = {.n = 0};

	*asked = cp_find(m, CP_REQUEST, &cp);
	if (!*asked)
		return true;
	s->cfg_asked = true;
	if (!put_addresses(s, &cp, &r))
		return false;
	for (size_t i = 0; i < s->p.cfg_reply.n; i++)
		put(&r, s->p.cfg_reply.v[i].type, s->p.cfg_reply.v[i].val, s->p.cfg_reply.v[i].len);
	struct ike_attrs a = {.v = r.v, .n = r.n};

	attrs_copy(out, &a);
	return true;
}

/* ---- SET and ACK ---------------------------------------------------------------- */

void cfg_send_set(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_CFG_SET, EXCH_INFORMATIONAL);

	r->task = t;
	debug_attrs(s, "Config data to send:", "Config-set", &t->set.a);
	ike_put_cp(&r->b, CP_SET, &t->set.a);
	req_send(sa, r);
}

static struct ike_attrs wanted(struct session *s, struct ike_pl_cp *cp)
{
	const struct ike_ops *o = &s->e->ops;
	size_t n = 0;

	for (size_t i = 0; i < cp->n; i++)
		if (!o->cfg_wanted || o->cfg_wanted(o->ctx, s->p.owner, &cp->attr[i]))
			cp->attr[n++] = cp->attr[i];
	cp->n = n;
	return cp_attrs(cp);
}

/* The peer's SET is its whole list: it takes the place of the one before. What we take of it is
 * acknowledged by type. */
void cfg_on_set(struct session *s, const struct ike_msg *m, struct ike_build *b)
{
	struct ike_pl_cp cp;
	struct attr_store answer = {0};
	bool asked;

	if (cp_find(m, CP_SET, &cp)) {
		struct ike_attrs a = cp_attrs(&cp);
		struct ev_node *n = e_event(s, IKE_EV_CFG_SET);

		debug_attrs(s, "Config data recieved:", "Config-set", &a);
		a = wanted(s, &cp);
		attrs_copy(&s->set, &a);
		attrs_copy(&n->attrs, &a);
		for (size_t i = 0; i < cp.n; i++)
			cp.attr[i] = (struct ike_attr){.type = cp.attr[i].type};
		ike_put_cp(b, CP_ACK, &a);
	}
	if (cfg_answer_request(s, m, &asked, &answer) && asked)
		ike_put_cp(b, CP_REPLY, &answer.a);
	attrs_fini(&answer);
}

void cfg_on_ack(struct session *s, const struct ike_msg *m)
{
	struct ev_node *n = e_event(s, IKE_EV_CFG_ACK);
	struct ike_pl_cp cp;

	if (!cp_find(m, CP_ACK, &cp))
		return;
	struct ike_attrs a = cp_attrs(&cp);

	attrs_copy(&n->attrs, &a);
}
