/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto pki timers | counters. */
#include <openssl/x509.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/pki.h"
#include "flexvpn/scep.h"
#include "grammar/gen/exec.h"

/* "   1d12:14:15.344", as IOS has it. */
static void due(struct out *o, uint64_t left, const char *what, const char *name)
{
	char text[40];
	unsigned long long s = left / 1000, day = s / 86400;

	if (day)
		snprintf(text, sizeof(text), "%4llud%02llu:%02llu:%02llu.%03llu", day,
		        s / 3600 % 24, s / 60 % 60, s % 60, (unsigned long long)left % 1000);
	else
		snprintf(text, sizeof(text), "     %02llu:%02llu:%02llu.%03llu", s / 3600,
		        s / 60 % 60, s % 60, (unsigned long long)left % 1000);
	out_obj(o, NULL);
	out_text(o, "|%s  %s %s\n", text, what, name);
	out_str(o, "timer", what);
	out_str(o, "name", name);
	out_int(o, "left-ms", (int64_t)left);
	out_obj_end(o);
}

static void of_trustpoint(struct exec *e, const struct fx_tp *t)
{
	struct fx_scep_state s = fx_scep_state(fx_pki_scep(e->fx->pki), t->name);
	uint64_t left = s.at > e->fx->now ? s.at - e->fx->now : 0;

	if (s.wait == FX_SCEP_RENEW) /* looked at daily; what counts is the day itself */
		due(e->o, fx_scep_renewal_ms(t, left), "RENEW", t->name);
	else if (s.wait == FX_SCEP_PENDING)
		due(e->o, left, "POLL", t->name);
	else if (s.wait == FX_SCEP_RETRY)
		due(e->o, left, "RETRY", t->name);
}

void exec_show_crypto_pki_timers(struct exec *e, const struct gl_exec_show_crypto_pki_timers *a)
{
	const struct fx_tp *t;
	uint64_t daily = fx_pki_daily(e->fx->pki);

	(void)a;
	out_list(e->o, NULL);
	out_text(e->o, "PKI Timers\n");
	if (daily > e->fx->now)
		due(e->o, daily - e->fx->now, "CERT EXPIRY", "CHECK");
	for (size_t i = 0; (t = fx_pki_at(e->fx->pki, i)); i++)
		of_trustpoint(e, t);
	out_list_end(e->o);
}

void exec_show_crypto_pki_counters(struct exec *e, const struct gl_exec_show_crypto_pki_counters *a)
{
	struct fx_pki_counters c = fx_pki_counters(e->fx->pki);

	(void)a;
	out_obj(e->o, NULL);
	out_field_int(e->o, "started", "PKI Sessions Started: %lld\n", (int64_t)c.started);
	out_field_int(e->o, "ended", "PKI Sessions Ended: %lld\n", (int64_t)c.ended);
	out_field_int(
	        e->o, "active", "PKI Sessions Active: %lld\n", (int64_t)(c.started - c.ended));
	out_field_int(e->o, "passed", "Successful Validations: %lld\n", (int64_t)c.passed);
	out_field_int(e->o, "failed", "Failed Validations: %lld\n", (int64_t)c.failed);
	out_field_int(e->o, "bypassed", "Bypassed Revocation Checks: %lld\n", (int64_t)c.bypassed);
	out_field_int(e->o, "crl-asked", "CRL - fetch attempts: %lld\n", (int64_t)c.crl_asked);
	out_field_int(e->o, "crl-failed", "CRL - failed attempts: %lld\n", (int64_t)c.crl_failed);
	out_field_int(e->o, "ocsp-asked", "OCSP - fetch requests: %lld\n", (int64_t)c.ocsp_asked);
	out_field_int(
	        e->o, "ocsp-failed", "OCSP - failed attempts: %lld\n", (int64_t)c.ocsp_failed);
	out_obj_end(e->o);
}

void exec_clear_crypto_pki_counters(
        struct exec *e, const struct gl_exec_clear_crypto_pki_counters *a)
{
	(void)a;
	fx_pki_clear_counters(e->fx->pki);
}
