/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The users of EAP: see eap_users.h. */
#include "flexvpn/eap_users.h"

#include <string.h>

#include "base/password.h"
#include "grammar/gen/lines.h"

enum { NAME_MAX_LEN = 253, TYPED_MAX = 256 };

/* ---- who knows them -------------------------------------------------------------------- */

static const struct cfg_node *list_named(const struct fx_config *c, const char *name)
{
	return cfg_find(cfg_root(c->cfg), GR_L_global_aaa_authentication_login, name);
}

/* The methods in their order, which the decoded line does not keep between its two kinds. */
static enum fx_eap_by first_method(const char *line)
{
	const char *group = strstr(line, " group "), *local = strstr(line, " local");

	if (group && (!local || group < local))
		return FX_EAP_RADIUS;
	return local ? FX_EAP_LOCAL : FX_EAP_NOBODY;
}

static const struct cfg_node *list_of(const struct fx_config *c, const struct fx_profile *p)
{
	const struct cfg_node *n = p->eap_list ? list_named(c, p->eap_list) : NULL;

	return n ? n : list_named(c, "default");
}

enum fx_eap_by fx_eap_by(const struct fx_config *c, const struct fx_profile *p)
{
	const struct cfg_node *n = list_of(c, p);

	return n ? first_method(cfg_node_text(n)) : FX_EAP_LOCAL;
}

static size_t put(const struct fx_radius *r, struct radius_server *out, size_t max)
{
	if (!max || !r->addr.family || !r->key.n)
		return 0;
	*out = (struct radius_server){.addr = r->addr,
	        .port = r->port,
	        .key = r->key,
	        .timeout_s = r->timeout_s,
	        .retransmit = r->retransmit};
	return 1;
}

static size_t named_server(
        const struct fx_config *c, const char *name, struct radius_server *out, size_t max)
{
	for (size_t i = 0; i < c->radius.n; i++)
		if (strcmp(c->radius.v[i].name, name) == 0)
			return put(&c->radius.v[i], out, max);
	return 0;
}

static const struct fx_radius_group *group_named(const struct fx_config *c, const char *name)
{
	for (size_t i = 0; i < c->radius_groups.n; i++)
		if (c->radius_groups.v[i].radius && strcmp(c->radius_groups.v[i].name, name) == 0)
			return &c->radius_groups.v[i];
	return NULL;
}

static size_t group_servers(
        const struct fx_config *c, const char *name, struct radius_server *out, size_t max)
{
	const struct fx_radius_group *g = group_named(c, name);
	size_t n = 0;

	for (size_t i = 0; strcmp(name, "radius") == 0 && i < c->radius.n; i++)
		n += put(&c->radius.v[i], out + n, max - n);
	for (uint8_t i = 0; g && i < g->n_server; i++)
		n += named_server(c, g->server[i], out + n, max - n);
	return n;
}

size_t fx_eap_servers(const struct fx_config *c, const struct fx_profile *p,
        struct radius_server *out, size_t max)
{
	const struct cfg_node *n = list_of(c, p);
	struct gl_global_aaa_authentication_login l;
	struct arena a;
	size_t found = 0;

	arena_init(&a);
	if (n && cfg_node_decode(n, &a, &l, sizeof(l)))
		for (size_t i = 0; i < l.n_group; i++)
			found += group_servers(c, l.group[i], out + found, max - found);
	arena_fini(&a);
	return found;
}

/* ---- those of the configuration ------------------------------------------------------------ */

static bool find(
        const struct fx_config *c, struct span name, struct arena *a, struct gl_global_username *u)
{
	char text[NAME_MAX_LEN + 1];

	if (!name.n || name.n > NAME_MAX_LEN || memchr(name.p, '\0', name.n))
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	const struct cfg_node *n = cfg_find(cfg_root(c->cfg), GR_L_global_username, text);

	return n && !cfg_node_negated(n) && cfg_node_decode(n, a, u, sizeof(*u)) &&
	       !u->kw_nopassword;
}

static int type_of(const struct gl_global_username *u)
{
	return u->kw_5 ? 5 : u->kw_6 ? 6 : u->kw_7 ? 7 : u->kw_8 ? 8 : u->kw_9 ? 9 : 0;
}

static enum ike_eap_user clear_password(const struct gl_global_username *u, struct secret *out)
{
	char clear[PASSWORD_CLEAR_MAX];

	switch (type_of(u)) {
	case 0:
		secret_set(out, u->password, strlen(u->password));
		return IKE_EAP_KNOWN;
	case 7:
		if (!password_decode7(u->password, clear))
			return IKE_EAP_UNKNOWN;
		secret_set(out, clear, strlen(clear));
		wipe(clear, sizeof(clear));
		return IKE_EAP_KNOWN;
	default:
		return IKE_EAP_HASHED;
	}
}

enum ike_eap_user fx_eap_password(const struct fx_config *c, struct span name, struct secret *out)
{
	enum ike_eap_user r = IKE_EAP_UNKNOWN;
	struct gl_global_username u;
	struct arena a;

	arena_init(&a);
	if (find(c, name, &a, &u))
		r = clear_password(&u, out);
	arena_fini(&a);
	return r;
}

/* A name that is not there takes as long as a wrong password. */
bool fx_eap_check(const struct fx_config *c, struct span name, struct span password)
{
	static const char nobody[] =
	        "$9$..............$...........................................";
	struct gl_global_username u;
	char typed[TYPED_MAX];
	struct arena a;
	bool right;

	if (password.n >= sizeof(typed) || memchr(password.p, '\0', password.n))
		return false;
	memcpy(typed, password.p, password.n);
	typed[password.n] = '\0';
	arena_init(&a);
	if (find(c, name, &a, &u))
		right = password_check(type_of(&u), u.password, typed);
	else
		right = password_check(9, nobody, typed) && false;
	arena_fini(&a);
	wipe(typed, sizeof(typed));
	return right;
}
