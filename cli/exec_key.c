/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key pairs: crypto key generate, crypto key zeroize (config-grammar reference §3.5). Scripts are
 * not asked: what they order is done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pki_dialog.h"
#include "grammar/gen/exec.h"

enum { RSA_BITS = 2048, RSA_MIN = 1024, RSA_MAX = 4096 };

/* What is under way. */
struct key_order {
	char label[128];
	enum fx_key_kind kind;
	unsigned bits; /* 0: to be asked for */
	bool exportable;
};

static bool asked(const struct session *s)
{
	return s->kind == PROTO_INTERACTIVE;
}

static bool yes(const char *answer)
{
	answer += strspn(answer, " ");
	return *answer == 'y' || *answer == 'Y';
}

/* ---- generate ------------------------------------------------------------------------------- */

static void generate(struct session *s, const struct key_order *o)
{
	struct fx *x = pki_machine(s);
	uint64_t began = mono_ms();
	char why[120];

	if (o->kind == FX_KEY_RSA)
		session_printf(s,
		        "%% The key modulus size is %u bits\n%% Generating %u bit RSA keys, keys "
		        "will be %s...\n",
		        o->bits, o->bits, o->exportable ? "exportable" : "non-exportable");
	if (!fx_keys_generate(fx_pki_keys(x->pki), o->label, o->kind, o->bits, o->exportable, why,
	            sizeof(why))) {
		session_printf(s, "%% Error in generating keys: %s\n", why);
		s->failed = true;
		return;
	}
	fx_pki_rekeyed(x->pki);
	session_printf(s, "[OK] (elapsed time was %llu seconds)\n\n",
	        (unsigned long long)((mono_ms() - began) / 1000));
}

static void on_bits(struct session *s, const char *answer)
{
	struct key_order o = *s->key;
	char *end;
	unsigned long n = strtoul(answer, &end, 10);

	answer += strspn(answer, " \t");
	end += strspn(end, " \t");
	if (!*answer)
		n = RSA_BITS;
	if ((*answer && *end) || n < RSA_MIN || n > RSA_MAX) {
		session_printf(s, "%% A decimal number between %d and %d.\n", RSA_MIN, RSA_MAX);
		session_ask(s, 0, on_bits, "How many bits in the modulus [%d]: ", RSA_BITS);
		return;
	}
	o.bits = (unsigned)n;
	generate(s, &o);
}

static void go_on(struct session *s)
{
	const struct key_order *o = s->key;

	session_printf(s, "The name for the keys will be: %s\n", o->label);
	if (o->bits) {
		session_printf(s, "\n");
		generate(s, o);
		return;
	}
	session_printf(s,
	        "Choose the size of the key modulus in the range of %d to %d for your\n"
	        "  General Purpose Keys. Choosing a key modulus greater than 512 may take\n"
	        "  a few minutes.\n\n",
	        RSA_MIN, RSA_MAX);
	session_ask(s, 0, on_bits, "How many bits in the modulus [%d]: ", RSA_BITS);
}

static void on_replace(struct session *s, const char *answer)
{
	if (yes(answer) || !asked(s))
		go_on(s);
}

static void order(struct exec *x, const char *label, struct key_order o)
{
	struct session *s = x->session;

	snprintf(o.label, sizeof(o.label), "%s", label);
	free(s->key);
	s->key = xmemdup(&o, sizeof(o));
	if (!fx_keys_find(fx_pki_keys(x->fx->pki), label)) {
		go_on(s);
		return;
	}
	session_printf(s, "%% You already have %s keys defined named %s.\n",
	        o.kind == FX_KEY_RSA ? "RSA" : "EC", label);
	session_ask(s, 0, on_replace, "%% Do you really want to replace them? [yes/no]: ");
}

void exec_crypto_key_generate_rsa(struct exec *x, const struct gl_exec_crypto_key_generate_rsa *a)
{
	order(x, a->has_label ? a->label : router_hostname(x->r),
	        (struct key_order){.kind = FX_KEY_RSA,
	                .bits = a->has_bits ? a->bits : 0,
	                .exportable = a->kw_exportable});
}

void exec_crypto_key_generate_ec(struct exec *x, const struct gl_exec_crypto_key_generate_ec *a)
{
	order(x, a->has_label ? a->label : router_hostname(x->r),
	        (struct key_order){.kind = FX_KEY_EC,
	                .bits = a->kw_256   ? 256
	                        : a->kw_384 ? 384
	                                    : 521,
	                .exportable = a->kw_exportable});
}

/* ---- zeroize -------------------------------------------------------------------------------- */

/* The certificates of a key go with it. */
static void drop_certificates(struct session *s, const struct fx_key_pair *k)
{
	struct fx *x = pki_machine(s);
	struct strbuf lines = {0};
	const struct fx_tp *t;

	for (size_t i = 0; (t = fx_pki_at(x->pki, i)); i++)
		if (t->key == k)
			fx_enroll_drop(x->cfg, t->name, FX_CERT_OWN, &lines);
	if (lines.len)
		pki_configure(s, sb_str(&lines));
	sb_fini(&lines);
}

static bool meant(const struct key_order *o, const struct fx_key_pair *k)
{
	return fx_key_is_rsa(k) == (o->kind == FX_KEY_RSA) &&
	       (!o->label[0] || strcmp(o->label, k->label) == 0);
}

static void on_zeroize(struct session *s, const char *answer)
{
	struct fx *x = pki_machine(s);
	struct fx_keys *k = fx_pki_keys(x->pki);
	struct key_order o = *s->key;
	const struct fx_key_pair *p;

	if (!yes(answer) && asked(s))
		return;
	for (size_t i = 0; (p = fx_keys_at(k, i));) {
		if (!meant(&o, p)) {
			i++;
			continue;
		}
		drop_certificates(s, p);
		fx_keys_remove(k, p->label);
	}
	fx_pki_rekeyed(x->pki);
}

/* Without a label: all keys of the kind. */
void exec_crypto_key_zeroize(struct exec *x, const struct gl_exec_crypto_key_zeroize *a)
{
	struct key_order o = {.kind = a->kw_rsa ? FX_KEY_RSA : FX_KEY_EC};
	struct session *s = x->session;
	const struct fx_key_pair *p;
	bool any = false;

	snprintf(o.label, sizeof(o.label), "%s", a->has_label ? a->label : "");
	for (size_t i = 0; (p = fx_keys_at(fx_pki_keys(x->fx->pki), i)); i++)
		any |= meant(&o, p);
	if (!any) {
		session_printf(s, "%% No keys found with that label\n");
		x->failed = true;
		return;
	}
	free(s->key);
	s->key = xmemdup(&o, sizeof(o));
	if (o.label[0])
		session_printf(s, "%% Keys to be removed are named '%s'.\n", o.label);
	else
		session_printf(s, "%% All %s keys will be removed.\n", a->kw_rsa ? "RSA" : "EC");
	session_printf(s, "%% All router certs issued using these keys will also be removed.\n");
	session_ask(s, 0, on_zeroize, "Do you really want to remove these keys? [yes/no]: ");
}
