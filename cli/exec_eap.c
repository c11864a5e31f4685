/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crypto eap credentials: name and password for a profile, in the command or asked for. The name is
 * asked for when the server asks for one, or when nobody knows yet whether it will. */
#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "flexvpn/credentials.h"
#include "grammar/gen/exec.h"

static void give(struct session *s, const char *name, const char *password)
{
	fx_creds_give(
	        router_fx(s->sh->router), s->eap_profile, name && *name ? name : NULL, password);
	router_pump(s->sh->router);
}

static void forget(struct session *s)
{
	free(s->eap_name);
	s->eap_name = NULL;
	free(s->eap_profile);
	s->eap_profile = NULL;
}

static void on_password(struct session *s, const char *answer)
{
	give(s, s->eap_name, answer);
	forget(s);
}

static void ask_password(struct session *s, const char *name)
{
	session_ask(
	        s, PROTO_PROMPT_NOECHO, on_password, "Enter the password for username %s", name);
}

static void on_name(struct session *s, const char *answer)
{
	answer += strspn(answer, " ");
	free(s->eap_name);
	s->eap_name = xstrdup(answer);
	ask_password(s, answer);
}

/* The guide: without an Identity request only the password is specified. */
static void ask(struct session *s)
{
	char name[256];

	if (fx_creds_waiting(router_fx(s->sh->router), s->eap_profile, name, sizeof(name)) !=
	        FX_CREDS_PASSWORD)
		session_ask(s, ASK_LINE, on_name,
		        "Enter the Username for profile %s: ", s->eap_profile);
	else if (name[0])
		ask_password(s, name);
	else
		session_ask(s, PROTO_PROMPT_NOECHO, on_password,
		        "Enter the password for profile %s", s->eap_profile);
}

void exec_crypto_eap_credentials(struct exec *x, const struct gl_exec_crypto_eap_credentials *a)
{
	const struct fx_profile *p = fx_find_profile(x->fx->cfg, a->profile);
	struct session *s = x->session;

	if (!p || (p->auth_local != FX_AUTH_EAP && !p->local_eap_too)) {
		out_text(x->o, "%% IKEv2 profile %s %s\n", a->profile,
		        p ? "does not use EAP as local authentication method"
		          : "is not configured");
		x->failed = true;
		return;
	}
	forget(s);
	s->eap_profile = xstrdup(a->profile);
	if (a->has_password) {
		give(s, a->username, a->password);
		forget(s);
	} else if (a->has_username) {
		on_name(s, a->username);
	} else {
		ask(s);
	}
}
