/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See xfrm.h. The algorithms' names are the kernel's (net/xfrm/xfrm_algo.c there). */
#include "dataplane/xfrm.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/secret.h"

#ifndef UDP_ENCAP_ESPINUDP
#define UDP_ENCAP_ESPINUDP 2
#endif

enum { KEY_MAX = 128, WINDOW_WORDS = XFRMA_REPLAY_ESN_MAX / 32, WINDOW_OUT = 32 };

/* ---- addresses ------------------------------------------------------------------------------- */

xfrm_address_t xf_addr(const struct ipaddr *a)
{
	xfrm_address_t x = {0};

	memcpy(&x, a->b, ipaddr_octets(a));
	return x;
}

struct ipaddr xf_ipaddr(int family, const xfrm_address_t *a)
{
	return ipaddr_from(family, a);
}

struct xf_dir xf_dir(const struct dp_sa *sa, bool in)
{
	return in ? (struct xf_dir){sa->spi_in, &sa->remote, &sa->local, true}
	          : (struct xf_dir){sa->spi_out, &sa->local, &sa->remote, false};
}

/* ---- algorithms ------------------------------------------------------------------------------ */

struct kernel_name {
	uint16_t id;
	const char *name;
};

static const struct kernel_name encr_names[] = {
        {ENCR_NULL, "ecb(cipher_null)"},
        {ENCR_3DES, "cbc(des3_ede)"},
        {ENCR_AES_CBC, "cbc(aes)"},
        {ENCR_AES_GCM_16, "rfc4106(gcm(aes))"},
        {ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)"},
};

static const struct kernel_name integ_names[] = {
        {AUTH_HMAC_SHA1_96, "hmac(sha1)"},
        {AUTH_HMAC_SHA2_256_128, "hmac(sha256)"},
        {AUTH_HMAC_SHA2_384_192, "hmac(sha384)"},
        {AUTH_HMAC_SHA2_512_256, "hmac(sha512)"},
};

static const char *name_of(const struct kernel_name *names, size_t n, uint16_t id)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].id == id)
			return names[i].name;
	return "";
}

/* xfrm_algo, xfrm_algo_auth and xfrm_algo_aead: a name, one or two lengths in bits, the key. */
static void put_algo(
        struct nlmsghdr *h, uint16_t attr, const char *name, struct span key, unsigned icv)
{
	struct {
		char name[64];
		uint32_t word[2 + KEY_MAX / 4];
	} a = {0};
	bool two = attr != XFRMA_ALG_CRYPT;
	size_t head = sizeof(a.name) + (two ? 8 : 4);

	strncpy(a.name, name, sizeof(a.name) - 1);
	a.word[0] = (uint32_t)key.n * 8;
	if (two)
		a.word[1] = icv * 8;
	if (key.n)
		memcpy((uint8_t *)&a + head, key.p, key.n);
	mnl_attr_put(h, attr, head + key.n, &a);
	wipe(&a, sizeof(a));
}

static void put_algos(struct nlmsghdr *h, const struct dp_sa *sa, bool in)
{
	const struct alg_encr *e = alg_encr(sa->encr);
	const struct alg_integ *i = alg_integ(sa->integ);
	const char *encr = name_of(encr_names, ARRAY_LEN(encr_names), sa->encr);

	if (e->aead) {
		put_algo(h, XFRMA_ALG_AEAD, encr, in ? sa->encr_in : sa->encr_out, e->icv);
		return;
	}
	put_algo(h, XFRMA_ALG_CRYPT, encr, in ? sa->encr_in : sa->encr_out, 0);
	if (i->id != AUTH_NONE)
		put_algo(h, XFRMA_ALG_AUTH_TRUNC,
		        name_of(integ_names, ARRAY_LEN(integ_names), sa->integ),
		        in ? sa->integ_in : sa->integ_out, i->icv);
}

/* RFC 4303 §3.4.3: without an ICV there is no anti-replay, and no extended number to authenticate.
 */
static bool authentic(const struct dp_sa *sa)
{
	return alg_encr(sa->encr)->aead || sa->integ != AUTH_NONE;
}

/*
 * The kernel ties the extended number to a window. Where the check is off it gets the widest one,
 * by which the high half is found; for sending any size will do.
 */
static void put_window(struct nlmsghdr *h, const struct dp_sa *sa, bool in)
{
	union { /* the kernel's structure and the bitmap that follows it */
		struct xfrm_replay_state_esn s;
		uint8_t room[sizeof(struct xfrm_replay_state_esn) + WINDOW_WORDS * sizeof(uint32_t)];
	} r = {0};
	uint32_t window = in ? sa->replay_window : WINDOW_OUT;

	if (!authentic(sa) || (!sa->esn && (!in || !window)))
		return;
	r.s.replay_window = window ? window : XFRMA_REPLAY_ESN_MAX;
	r.s.bmp_len = (r.s.replay_window + 31) / 32;
	mnl_attr_put(h, XFRMA_REPLAY_ESN_VAL, sizeof(r.s) + r.s.bmp_len * sizeof(uint32_t), &r);
}

/* ---- states ---------------------------------------------------------------------------------- */

struct nlmsghdr *xf_begin(void *buf, uint16_t type, uint16_t flags, size_t body)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memset(mnl_nlmsg_put_extra_header(h, body), 0, body);
	return h;
}

/* Bytes of the pair are those sent; numbers without extension end at 2^32 - 1 (RFC 4303 §3.3.3). */
static struct xfrm_lifetime_cfg lifetime(const struct dp_sa *sa, bool in)
{
	struct xfrm_lifetime_cfg l = {XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0};

	if (in)
		return l;
	if (sa->soft_bytes)
		l.soft_byte_limit = sa->soft_bytes;
	if (sa->hard_bytes)
		l.hard_byte_limit = sa->hard_bytes;
	if (!sa->esn || !authentic(sa)) {
		l.hard_packet_limit = UINT32_MAX;
		l.soft_packet_limit = UINT32_MAX - UINT32_MAX / 8;
	}
	return l;
}

static void put_encap(struct nlmsghdr *h, const struct xf_dir *d)
{
	struct xfrm_encap_tmpl e = {.encap_type = UDP_ENCAP_ESPINUDP,
	        .encap_sport = htons(d->src->port),
	        .encap_dport = htons(d->dst->port)};

	mnl_attr_put(h, XFRMA_ENCAP, sizeof(e), &e);
}

struct nlmsghdr *xf_new_sa(void *buf, const struct dp_sa *sa, bool in, bool bound)
{
	struct xf_dir d = xf_dir(sa, in);
	struct nlmsghdr *h = xf_begin(
	        buf, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct xfrm_usersa_info));
	struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);

	i->id = (struct xfrm_id){
	        .daddr = xf_addr(&d.dst->addr), .spi = htonl(d.spi), .proto = IPPROTO_ESP};
	i->saddr = xf_addr(&d.src->addr);
	i->lft = lifetime(sa, in);
	i->reqid = xf_mark(sa->tunnel);
	i->family = d.src->addr.family;
	i->mode = sa->mode == DP_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	/* One tunnel-mode SA carries both families. */
	i->flags = sa->mode == DP_TUNNEL ? XFRM_STATE_AF_UNSPEC : 0;
	if (sa->esn && authentic(sa))
		i->flags |= XFRM_STATE_ESN;
	put_algos(h, sa, in);
	put_window(h, sa, in);
	if (sa->udp_encap)
		put_encap(h, &d);
	if (bound)
		mnl_attr_put_u32(h, XFRMA_IF_ID, xf_mark(sa->tunnel));
	return h;
}

static struct nlmsghdr *ask(
        void *buf, uint16_t type, const xfrm_address_t *dst, uint32_t spi, uint16_t family)
{
	struct nlmsghdr *h = xf_begin(buf, type, 0, sizeof(struct xfrm_usersa_id));
	struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(h);

	*id = (struct xfrm_usersa_id){
	        .daddr = *dst, .spi = spi, .family = family, .proto = IPPROTO_ESP};
	return h;
}

struct nlmsghdr *xf_ask_sa(void *buf, uint16_t type, const struct dp_sa *sa, bool in)
{
	struct xf_dir d = xf_dir(sa, in);
	xfrm_address_t dst = xf_addr(&d.dst->addr);

	return ask(buf, type, &dst, htonl(d.spi), d.dst->addr.family);
}

struct nlmsghdr *xf_ask_state(void *buf, const struct xfrm_usersa_info *i)
{
	return ask(buf, XFRM_MSG_DELSA, &i->id.daddr, i->id.spi, i->family);
}

bool xf_read_state(const struct nlmsghdr *h, struct xf_state *out)
{
	const struct nlattr *a;

	if (h->nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(h) < sizeof(out->info))
		return false;
	*out = (struct xf_state){0};
	memcpy(&out->info, mnl_nlmsg_get_payload(h), sizeof(out->info));
	XF_EACH_ATTR(a, h, sizeof(out->info))
	{
		const void *p = mnl_attr_get_payload(a);
		size_t n = mnl_attr_get_payload_len(a);

		switch (mnl_attr_get_type(a)) {
		case XFRMA_IF_ID:
			out->if_id = n >= 4 ? mnl_attr_get_u32(a) : 0;
			break;
		case XFRMA_LASTUSED:
			out->lastused = n >= 8 ? mnl_attr_get_u64(a) : 0;
			break;
		case XFRMA_ENCAP:
			if ((out->has_encap = n >= sizeof(out->encap)))
				memcpy(&out->encap, p, sizeof(out->encap));
			break;
		case XFRMA_REPLAY_VAL: {
			const struct xfrm_replay_state *r = p;

			out->oseq = n >= sizeof(*r) ? r->oseq : 0;
			out->seq = n >= sizeof(*r) ? r->seq : 0;
			break;
		}
		case XFRMA_REPLAY_ESN_VAL: {
			const struct xfrm_replay_state_esn *r = p;

			if (n < sizeof(*r))
				break;
			out->oseq = (uint64_t)r->oseq_hi << 32 | r->oseq;
			out->seq = (uint64_t)r->seq_hi << 32 | r->seq;
			break;
		}
		default:
			break;
		}
	}
	return true;
}

/* XFRMA_LTIME_VAL sets the counters of a new state; what it does not take anew is left out. */
struct nlmsghdr *xf_moved_sa(
        void *buf, const struct nlmsghdr *answer, const struct dp_sa *sa, bool in)
{
	struct xf_dir d = xf_dir(sa, in);
	struct nlmsghdr *h = xf_begin(
	        buf, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct xfrm_usersa_info));
	struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	memcpy(i, mnl_nlmsg_get_payload(answer), sizeof(*i));
	i->id.daddr = xf_addr(&d.dst->addr);
	i->saddr = xf_addr(&d.src->addr);
	i->replay_window = 0;
	i->family = d.src->addr.family;
	XF_EACH_ATTR(a, answer, sizeof(*i))
	{
		uint16_t type = mnl_attr_get_type(a);

		if (type == XFRMA_ENCAP || type == XFRMA_LASTUSED || type == XFRMA_PAD ||
		        type == XFRMA_ALG_AUTH || type == XFRMA_LTIME_VAL)
			continue;
		mnl_attr_put(h, type, mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
	}
	if (sa->udp_encap)
		put_encap(h, &d);
	mnl_attr_put(h, XFRMA_LTIME_VAL, sizeof(i->curlft), &i->curlft);
	return h;
}

/* ---- policies -------------------------------------------------------------------------------- */

struct nlmsghdr *xf_new_policy(void *buf, const struct xf_policy *p, uint32_t mark, bool bound)
{
	struct nlmsghdr *h =
	        xf_begin(buf, XFRM_MSG_UPDPOLICY, 0, sizeof(struct xfrm_userpolicy_info));
	struct xfrm_userpolicy_info *i = mnl_nlmsg_get_payload(h);
	struct xfrm_user_tmpl t = {
	        .id = {.daddr = xf_addr(&p->dst), .spi = htonl(p->spi), .proto = IPPROTO_ESP},
	        .family = p->family,
	        .saddr = xf_addr(&p->src),
	        .reqid = mark,
	        .mode = p->mode,
	        .aalgos = UINT32_MAX,
	        .ealgos = UINT32_MAX,
	        .calgos = UINT32_MAX};

	i->sel = p->sel;
	i->lft = (struct xfrm_lifetime_cfg){XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0};
	i->priority = XF_PRIORITY;
	i->dir = p->dir;
	i->action = XFRM_POLICY_ALLOW;
	mnl_attr_put(h, XFRMA_TMPL, sizeof(t), &t);
	if (bound)
		mnl_attr_put_u32(h, XFRMA_IF_ID, mark);
	return h;
}

struct nlmsghdr *xf_del_policy(
        void *buf, const struct xfrm_selector *sel, uint8_t dir, uint32_t if_id)
{
	struct nlmsghdr *h =
	        xf_begin(buf, XFRM_MSG_DELPOLICY, 0, sizeof(struct xfrm_userpolicy_id));
	struct xfrm_userpolicy_id *i = mnl_nlmsg_get_payload(h);

	i->sel = *sel;
	i->dir = dir;
	if (if_id)
		mnl_attr_put_u32(h, XFRMA_IF_ID, if_id);
	return h;
}

uint32_t xf_policy_mark(const struct nlmsghdr *h, uint32_t *if_id)
{
	const struct nlattr *a;
	uint32_t mark = 0;

	*if_id = 0;
	if (h->nlmsg_type != XFRM_MSG_NEWPOLICY ||
	        mnl_nlmsg_get_payload_len(h) < sizeof(struct xfrm_userpolicy_info))
		return 0;
	XF_EACH_ATTR(a, h, sizeof(struct xfrm_userpolicy_info))
	{
		size_t n = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == XFRMA_IF_ID && n >= 4)
			*if_id = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == XFRMA_TMPL && n >= sizeof(struct xfrm_user_tmpl))
			mark = ((const struct xfrm_user_tmpl *)mnl_attr_get_payload(a))->reqid;
	}
	return xf_is_ours(mark) ? mark : 0;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* base with its last `host` bits set. */
static void with_ones(const uint8_t *base, size_t n, unsigned host, uint8_t *out)
{
	memcpy(out, base, n);
	for (size_t i = n; i-- > 0 && host; host -= host < 8 ? host : 8)
		out[i] |= (uint8_t)(host < 8 ? (1u << host) - 1 : 0xff);
}

/* The largest aligned block that begins at lo and does not pass hi, in host bits; its last member
 * goes to `last`. */
static unsigned block_at(const uint8_t *lo, const uint8_t *hi, size_t n, uint8_t *last)
{
	uint8_t wider[16];
	unsigned host = 0;

	memcpy(last, lo, n);
	while (host < n * 8) {
		size_t at = n - 1 - host / 8;

		if (lo[at] & 1u << host % 8)
			break;
		with_ones(lo, n, host + 1, wider);
		if (memcmp(wider, hi, n) > 0)
			break;
		memcpy(last, wider, n);
		host++;
	}
	return host;
}

static bool increment(uint8_t *v, size_t n)
{
	for (size_t i = n; i-- > 0;)
		if (++v[i])
			return true;
	return false;
}

bool xf_split(const uint8_t *lo, const uint8_t *hi, size_t n, xf_prefix_fn *emit, void *ctx)
{
	uint8_t at[16], last[16];

	memcpy(at, lo, n);
	while (memcmp(at, hi, n) <= 0) {
		unsigned host = block_at(at, hi, n, last);

		if (!emit(ctx, at, (unsigned)n * 8 - host))
			return false;
		memcpy(at, last, n);
		if (!increment(at, n))
			break;
	}
	return true;
}
