/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `spokesh --check --strict` finds in a configuration that the grammar accepts: algorithms
 * that no longer protect, names that lead nowhere, lines that can never count, and the restrictions
 * of the FlexVPN guide. One table of words, one table of rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/sh/check.h"
#include "grammar/gen/lines.h"

struct checking {
	const struct cfg *c;
	const struct check_source *s;
	check_fn found;
	void *ctx;
	struct arena a;
};

struct rule {
	const char *severity, *name, *why;
	void (*run)(struct checking *k, const struct rule *r);
};

static void found(struct checking *k, const struct rule *r, const struct cfg_node *n)
{
	k->found(k->ctx, n, r->severity, r->name, r->why);
}

/* Each stored line of this id in this section; negated ones say that something is not there. */
#define EACH(n, tree, line_id, it)                                                                 \
	for (const struct cfg_node *n = cfg_first(tree, line_id, &(it)); n; n = cfg_next(&(it)))   \
		if (!cfg_node_negated(n))

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *t = text; *t; t += strspn(t, " ")) {
		size_t len = strcspn(t, " ");

		if (len == n && strncmp(t, word, n) == 0)
			return true;
		t += len;
	}
	return false;
}

/* ---- weak algorithms ----------------------------------------------------------------------- */

static const char *const by_des = "DES keys have 56 bits and are found by trying all of them.";
static const char *const by_3des =
        "3DES has blocks of 64 bits, which repeat within hours on a busy tunnel (Sweet32).";
static const char *const by_md5 = "MD5 is broken; nothing new should rest on it.";
static const char *const by_group =
        "Diffie-Hellman groups 1, 2 and 5 are within reach of precomputation.";
static const char *const by_null = "The traffic of this transform set is not encrypted.";

static const struct {
	int line;
	const char *word;
	const char *const *why;
} weak[] = {
        {GR_L_ikev2_proposal_encryption, "des", &by_des},
        {GR_L_ikev2_proposal_encryption, "3des", &by_3des},
        {GR_L_ikev2_proposal_integrity, "md5", &by_md5},
        {GR_L_ikev2_proposal_prf, "md5", &by_md5},
        {GR_L_ikev2_proposal_group, "1", &by_group},
        {GR_L_ikev2_proposal_group, "2", &by_group},
        {GR_L_ikev2_proposal_group, "5", &by_group},
        {GR_L_global_ipsec_transform, "esp-des", &by_des},
        {GR_L_global_ipsec_transform, "esp-3des", &by_3des},
        {GR_L_global_ipsec_transform, "esp-md5-hmac", &by_md5},
        {GR_L_global_ipsec_transform, "ah-md5-hmac", &by_md5},
        {GR_L_global_ipsec_transform, "esp-null", &by_null},
        {GR_L_ipsec_profile_pfs, "group1", &by_group},
        {GR_L_ipsec_profile_pfs, "group2", &by_group},
        {GR_L_ipsec_profile_pfs, "group5", &by_group},
        {GR_L_trustpoint_hash, "md5", &by_md5},
};

/* One finding a line and reason: `group 5 2` is one. */
static void weak_line(struct checking *k, const struct rule *r, const struct cfg_node *n)
{
	const char *last = NULL, *text = cfg_node_text(n);

	/* Behind the keys: a transform set may be called esp-des. */
	if (cfg_node_line(n) == GR_L_global_ipsec_transform)
		for (int words = 0; words < 4; words++)
			text += strcspn(text, " ") + (text[strcspn(text, " ")] == ' ');
	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		if (weak[i].line != cfg_node_line(n) || *weak[i].why == last ||
		        !has_word(text, weak[i].word))
			continue;
		last = *weak[i].why;
		k->found(k->ctx, n, r->severity, r->name, last);
	}
}

static void weak_in(struct checking *k, const struct rule *r, const struct cfg_tree *t)
{
	struct cfg_iter it;

	EACH(n, t, GR_NONE, it)
	{
		weak_line(k, r, n);
		weak_in(k, r, cfg_children(n));
	}
}

static void weak_algorithms(struct checking *k, const struct rule *r)
{
	weak_in(k, r, cfg_root(k->c));
}

/* AES-CBC without a hash; AH would do for one. */
static void without_integrity(struct checking *k, const struct rule *r)
{
	static const char *const cipher[] = {"esp-des", "esp-3des", "esp-aes"};
	struct cfg_iter it;

	EACH(n, cfg_root(k->c), GR_L_global_ipsec_transform, it)
	{
		bool encrypts = false;

		for (size_t i = 0; i < ARRAY_LEN(cipher); i++)
			encrypts |= has_word(cfg_node_text(n), cipher[i]);
		if (encrypts && !strstr(cfg_node_text(n), "-hmac"))
			found(k, r, n);
	}
}

/* ---- lines that never count ---------------------------------------------------------------- */

/* What stands behind the sequence number. */
static const char *target(const struct cfg_node *n)
{
	const char *t = cfg_node_text(n) + strlen("peer ");

	return t + strcspn(t, " ");
}

static bool hides(const struct cfg_node *first, const struct cfg_node *then)
{
	size_t n = strlen(target(first));

	if (strcmp(target(first), target(then)) == 0)
		return true;
	return !strstr(target(first), " track ") && strncmp(target(first), target(then), n) == 0 &&
	       target(then)[n] == ' ';
}

static void gateway_twice(struct checking *k, const struct rule *r)
{
	struct cfg_iter clients, later, earlier;

	EACH(client, cfg_root(k->c), GR_L_global_flexvpn, clients)
	{
		const struct cfg_tree *t = cfg_children(client);

		EACH(n, t, GR_L_flexvpn_peer, later)
		{
			EACH(e, t, GR_L_flexvpn_peer, earlier)
			{
				if (e == n)
					break;
				if (!hides(e, n))
					continue;
				found(k, r, n);
				break;
			}
		}
	}
}

/* A line that stood in an earlier block. */
struct stood {
	const char *text;
	UT_hash_handle hh;
};

static bool stood_before(const struct stood *set, const struct cfg_node *n)
{
	struct stood *s;

	HASH_FIND_STR(set, cfg_node_text(n), s);
	return s != NULL;
}

static void stands_now(struct checking *k, struct stood **set, const struct cfg_node *n)
{
	struct stood *s = arena_alloc(&k->a, sizeof(*s));

	s->text = cfg_node_text(n);
	HASH_ADD_KEYPTR(hh, *set, s->text, strlen(s->text), s);
}

/* The first line of these ids that an earlier block of the same kind has too. */
static void said_before(struct checking *k, const struct rule *r, const struct cfg_tree *t,
        int block, const int *id, size_t n_id)
{
	struct stood *set = NULL;
	struct cfg_iter blocks, it;

	EACH(b, t, block, blocks)
	{
		const struct cfg_node *twice = NULL;

		for (size_t i = 0; i < n_id; i++)
			EACH(n, cfg_children(b), id[i], it)
		if (!twice && stood_before(set, n))
			twice = n;
		for (size_t i = 0; i < n_id; i++)
			EACH(n, cfg_children(b), id[i], it)
		if (!stood_before(set, n))
			stands_now(k, &set, n);
		if (twice)
			found(k, r, twice);
	}
	HASH_CLEAR(hh, set);
}

static void key_twice(struct checking *k, const struct rule *r)
{
	static const int id[] = {GR_L_ikev2_keyring_peer_address, GR_L_ikev2_keyring_peer_identity,
	        GR_L_ikev2_keyring_peer_hostname};
	struct cfg_iter it;

	EACH(keyring, cfg_root(k->c), GR_L_global_ikev2_keyring, it)
	said_before(k, r, cfg_children(keyring), GR_L_ikev2_keyring_ikev2_keyring_peer, id,
	        ARRAY_LEN(id));
}

/* ---- the guide's restrictions -------------------------------------------------------------- */

static const struct cfg_node *local_eap(const struct cfg_node *profile)
{
	const struct cfg_node *n =
	        cfg_find(cfg_children(profile), GR_L_ikev2_profile_authentication_local, NULL);

	return n && !cfg_node_negated(n) && has_word(cfg_node_text(n), "eap") ? n : NULL;
}

static void eap_needs_certificate(struct checking *k, const struct rule *r)
{
	struct cfg_iter profiles, it;

	EACH(p, cfg_root(k->c), GR_L_global_ikev2_profile, profiles)
	{
		bool certificate = false, other = false;

		EACH(n, cfg_children(p), GR_L_ikev2_profile_authentication_remote, it)
		{
			bool sig = has_word(cfg_node_text(n), "rsa-sig") ||
			           has_word(cfg_node_text(n), "ecdsa-sig");

			certificate |= sig;
			other |= !sig;
		}
		if (local_eap(p) && (other || !certificate))
			found(k, r, local_eap(p));
	}
}

/* Without an `identity local` it is our address. */
static void eap_identity(struct checking *k, const struct rule *r)
{
	struct cfg_iter it;

	EACH(p, cfg_root(k->c), GR_L_global_ikev2_profile, it)
	{
		struct gl_ikev2_profile_identity_local id;
		const struct cfg_node *n =
		        cfg_find(cfg_children(p), GR_L_ikev2_profile_identity_local, NULL);

		if (!local_eap(p))
			continue;
		if (!n)
			found(k, r, local_eap(p));
		else if (gl_ikev2_profile_identity_local_get(n, &k->a, &id) && id.kw_address)
			found(k, r, n);
	}
}

static bool stands(const struct cfg_tree *t, int line)
{
	struct cfg_iter it;

	EACH(n, t, line, it)
	return true;
	return false;
}

static void dual_stack_vrf(struct checking *k, const struct rule *r)
{
	struct cfg_iter it;

	EACH(i, cfg_root(k->c), GR_L_global_if, it)
	{
		const struct cfg_tree *t = cfg_children(i);
		const struct cfg_node *vrf = cfg_find(t, GR_L_if_vrf_forwarding, NULL);
		bool v4 = stands(t, GR_L_if_ip_address) || stands(t, GR_L_if_ip_unnumbered);
		bool v6 = stands(t, GR_L_if_ipv6_address) || stands(t, GR_L_if_ipv6_unnumbered) ||
		          stands(t, GR_L_if_ipv6_enable);
		const char *raw = "";

		if (!vrf || !v4 || !v6 || !strstr(cfg_node_text(i), " Tunnel"))
			continue;
		check_line(k->s, vrf, &raw);
		raw += strspn(raw, " \t");
		if (strncasecmp(raw, "ip", 2) == 0)
			found(k, r, vrf);
	}
}

/* The default routes, of which there are few among many. */
struct defaults {
	const struct cfg_node **route;
	size_t n;
};

static struct defaults default_routes(struct checking *k)
{
	static const char head[] = "ip route 0.0.0.0 0.0.0.0 ";
	struct defaults d = {0};
	struct cfg_iter it;

	EACH(n, cfg_root(k->c), GR_L_global_ip_route, it)
	{
		if (strncmp(cfg_node_text(n), head, strlen(head)) != 0)
			continue;
		d.route = xrealloc(d.route, (d.n + 1) * sizeof(*d.route));
		d.route[d.n++] = n;
	}
	return d;
}

/* The one through this interface, or NULL. */
static const struct cfg_node *default_through(
        struct checking *k, const struct defaults *d, const char *ifname)
{
	for (size_t i = 0; i < d->n; i++) {
		struct gl_global_ip_route x;

		if (gl_global_ip_route_get(d->route[i], &k->a, &x) && x.has_ifname &&
		        strcmp(x.ifname, ifname) == 0)
			return d->route[i];
	}
	return NULL;
}

static void one_default_client(struct checking *k, const struct rule *r)
{
	struct defaults defaults = default_routes(k);
	char taken[64] = "";
	struct cfg_iter it;

	EACH(client, cfg_root(k->c), GR_L_global_flexvpn, it)
	{
		const struct cfg_node *n =
		        cfg_find(cfg_children(client), GR_L_flexvpn_connect_tunnel, NULL);
		struct gl_flexvpn_connect_tunnel x;
		const struct cfg_node *route;

		if (!n || !gl_flexvpn_connect_tunnel_get(n, &k->a, &x) || !x.has_ifname)
			continue;
		route = default_through(k, &defaults, x.ifname);
		if (!route || strcmp(taken, x.ifname) == 0)
			continue;
		if (*taken)
			found(k, r, route);
		snprintf(taken, sizeof(taken), "%s", x.ifname);
	}
	free(defaults.route);
}

/* ---- the table ----------------------------------------------------------------------------- */

static const struct rule rules[] = {
        {"warning", "weak-algorithm", NULL, weak_algorithms},
        {"warning", "no-integrity",
                "Encryption without integrity lets anybody on the path change the traffic.",
                without_integrity},
        {"warning", "shadowed-peer",
                "An earlier peer of this client is the same gateway under no narrower condition: "
                "this one is never chosen.",
                gateway_twice},
        {"warning", "shadowed-peer",
                "An earlier peer of this keyring says the same: the key of this one is never used.",
                key_twice},
        {"error", "eap-remote-certificate",
                "If EAP is the local authentication method, the remote method must be certificate "
                "based (rsa-sig or ecdsa-sig).",
                eap_needs_certificate},
        {"warning", "eap-address-identity",
                "An IP address cannot be the user name of EAP: unless the server has "
                "\"authentication remote eap query-identity\", the client needs another local "
                "identity.",
                eap_identity},
        {"error", "dual-stack-vrf",
                "\"ip vrf forwarding\" cannot place a dual-stack tunnel in a VRF: use \"vrf "
                "forwarding\" with a \"vrf definition\" of both address families.",
                dual_stack_vrf},
        {"error", "two-default-clients",
                "Only one FlexVPN client can have a default route through its tunnel interface: "
                "another one has it already.",
                one_default_client},
};

void check_rules(const struct cfg *c, const struct check_source *s, check_fn fn, void *ctx)
{
	struct checking k = {.c = c, .s = s, .found = fn, .ctx = ctx};

	arena_init(&k.a);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i].run(&k, &rules[i]);
	arena_fini(&k.a);
}
