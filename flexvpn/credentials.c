/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and passwords for EAP: see credentials.h. */
#include "flexvpn/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"

enum { HUB_WAITS_MS = 20000 };

struct fx_creds {
	struct fx_creds *next;
	char *profile;
	struct secret name, password;
};

static struct fx_creds *find(const struct fx *x, const char *profile)
{
	struct fx_creds *c = x->creds;

	while (c && strcmp(c->profile, profile) != 0)
		c = c->next;
	return c;
}

static void free_one(struct fx_creds *c)
{
	secret_wipe(&c->name);
	secret_wipe(&c->password);
	free(c->profile);
	free(c);
}

void fx_creds_forget(struct fx *x, const char *profile)
{
	for (struct fx_creds **at = &x->creds; *at; at = &(*at)->next)
		if (strcmp((*at)->profile, profile) == 0) {
			struct fx_creds *c = *at;

			*at = c->next;
			free_one(c);
			return;
		}
}

void fx_creds_configured(struct fx *x)
{
	for (struct fx_creds **at = &x->creds; *at;) {
		struct fx_creds *c = *at;
		const struct fx_profile *p = fx_find_profile(x->cfg, c->profile);

		if (p && (p->auth_local == FX_AUTH_EAP || p->local_eap_too)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free_one(c);
	}
}

void fx_creds_free(struct fx *x)
{
	while (x->creds) {
		struct fx_creds *c = x->creds;

		x->creds = c->next;
		free_one(c);
	}
}

enum ike_creds fx_creds_ask(struct fx *x, const struct fx_profile *p,
        const struct ike_creds_ask *ask, struct secret *name, struct secret *password)
{
	struct fx_creds *c;

	if (p->eap_password.n && (p->eap_user || !ask->name)) {
		if (ask->again)
			return IKE_CREDS_NONE; /* what stands in the configuration was refused */
		if (p->eap_user)
			secret_set(name, p->eap_user, strlen(p->eap_user));
		secret_set(password, p->eap_password.p, p->eap_password.n);
		return IKE_CREDS_GIVEN;
	}
	c = find(x, p->name);
	if (c && ask->again)
		secret_wipe(&c->password);
	if (!c || !c->password.n || (ask->name && !c->name.n && !p->eap_user))
		return IKE_CREDS_WAIT;
	if (c->name.n)
		secret_copy(name, &c->name);
	else if (p->eap_user)
		secret_set(name, p->eap_user, strlen(p->eap_user));
	secret_copy(password, &c->password);
	return IKE_CREDS_GIVEN;
}

/* ---- the clients of a profile ---------------------------------------------------------- */

static const struct fx_profile *profile_of(const struct fx *x, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_resolved r;
	char why[8];

	return cfg && fx_client_resolve(x->cfg, cfg, &r, why, sizeof(why)) ? r.profile : NULL;
}

static bool waits_with(const struct fx *x, const struct fx_client *c, const char *profile)
{
	const struct fx_profile *p = c->state == FX_EAP_CREDENTIALS ? profile_of(x, c) : NULL;

	return p && strcmp(p->name, profile) == 0;
}

enum fx_creds_wait fx_creds_waiting(const struct fx *x, const char *profile, char *name, size_t n)
{
	struct ike_sa_info info;

	snprintf(name, n, "%s", "");
	for (const struct fx_client *c = x->clients; c; c = c->next) {
		if (!waits_with(x, c, profile))
			continue;
		if (ike_sa_info(x->ike, c->handle, &info) && info.eap_name.n < n)
			snprintf(name, n, "%.*s", (int)info.eap_name.n,
			        (const char *)info.eap_name.p);
		return c->creds_name ? FX_CREDS_BOTH : FX_CREDS_PASSWORD;
	}
	return FX_CREDS_NOBODY;
}

/* The hub has forgotten an attempt that waited for long: the same gateway is asked afresh. */
static void go_on(struct fx *x, struct fx_client *c)
{
	if (x->now - c->since < HUB_WAITS_MS) {
		fx_client_set_state(x, c, FX_NEGOTIATING);
		ike_eap_resume(x->ike, c->handle, x->now);
		return;
	}
	fx_client_close(x, c);
	fx_client_start(x, c);
}

void fx_creds_give(struct fx *x, const char *profile, const char *name, const char *password)
{
	struct fx_creds *c = find(x, profile);

	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->profile = xstrdup(profile);
		c->next = x->creds;
		x->creds = c;
	}
	if (name)
		secret_set(&c->name, name, strlen(name));
	secret_set(&c->password, password, strlen(password));
	for (struct fx_client *w = x->clients; w; w = w->next)
		if (waits_with(x, w, profile))
			go_on(x, w);
}

void fx_creds_wanted(struct fx *x, struct fx_client *c, const struct ike_creds_ask *ask)
{
	const struct fx_profile *p = profile_of(x, c);

	if (!p)
		return;
	c->creds_name = ask->name;
	fx_client_set_state(x, c, FX_EAP_CREDENTIALS);
	log_notice("Enter the command \"crypto eap credentials %s\"", p->name);
}

void fx_creds_refused(struct fx *x, const struct fx_client *c)
{
	const struct fx_profile *p = profile_of(x, c);

	if (p)
		fx_creds_forget(x, p->name);
}
