/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dialogues about certificates: crypto pki authenticate, enroll, import (exec-and-cli
 * reference, PKI; config-grammar reference §3.6). A certificate is pasted line by line, and ends at
 * a blank line or at `quit`. Files are exec_pki_file.c's, keys exec_key.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509.h>

#include "cli/pki_dialog.h"
#include "cli/session_int.h"
#include "flexvpn/core.h"
#include "flexvpn/enroll.h"
#include "flexvpn/scep.h"
#include "grammar/gen/exec.h"

enum { PASTE_MAX = 64 * 1024 };

void pki_dialog_free(struct pki_dialog *d)
{
	if (!d)
		return;
	X509_free(d->cert);
	secret_wipe(&d->password);
	for (size_t i = 0; i < ARRAY_LEN(d->part); i++)
		secret_wipe(&d->part[i]);
	if (d->text.s)
		wipe(d->text.s, d->text.cap);
	sb_fini(&d->text);
	free(d->trustpoint);
	free(d);
}

struct pki_dialog *pki_begin(struct session *s, const char *trustpoint)
{
	pki_dialog_free(s->pki);
	s->pki = xcalloc(1, sizeof(*s->pki));
	s->pki->trustpoint = xstrdup(trustpoint);
	return s->pki;
}

void pki_done(struct session *s)
{
	pki_dialog_free(s->pki);
	s->pki = NULL;
}

void pki_fail(struct session *s, const char *what, const char *why)
{
	session_printf(s, "%% %s: %s\n", what, why);
	s->failed = true;
	pki_done(s);
}

struct fx *pki_machine(const struct session *s)
{
	return router_fx(s->sh->router);
}

/* ---- configuration ------------------------------------------------------------------------ */

/* What a dialogue brought becomes lines of the running-config. */
void pki_configure(struct session *s, const char *lines)
{
	struct router *r = s->sh->router;
	struct cfg_editor *ed = cfg_editor_new(router_running(r));

	cfg_load_text(ed, lines, NULL, NULL);
	router_commit(r, cfg_editor_candidate(ed), false);
	cfg_editor_free(ed);
}

static void keep(struct session *s, enum fx_cert_kind kind, const struct x509_st *x)
{
	struct strbuf lines = {0};

	fx_enroll_lines(pki_machine(s)->cfg, s->pki->trustpoint, kind, x, &lines);
	pki_configure(s, sb_str(&lines));
	sb_fini(&lines);
}

/* ---- pasting -------------------------------------------------------------------------------- */

static void ask_line(struct session *s);

static void on_line(struct session *s, const char *line)
{
	struct pki_dialog *d = s->pki;
	const char *word = line + strspn(line, " \t");
	bool blank = !*word, quit = strcasecmp(word, "quit") == 0;

	if (blank && !d->text.len) {
		ask_line(s); /* the paste has not begun */
		return;
	}
	if (!quit && (!blank || d->to_quit)) {
		if (d->text.len + strlen(line) > PASTE_MAX) {
			pki_fail(s, "Error in the pasted text", "it is too long");
			return;
		}
		sb_puts(&d->text, line);
		sb_putc(&d->text, '\n');
		ask_line(s);
		return;
	}
	d->pasted(s);
}

static void ask_line(struct session *s)
{
	session_ask(s, ASK_LINE, on_line, "%s", "");
}

void pki_paste(struct session *s, const char *what, void (*pasted)(struct session *s))
{
	s->pki->pasted = pasted;
	if (what)
		session_printf(s,
		        "\nEnter the base 64 encoded %s.\nEnd with a blank line or the word "
		        "\"quit\" on a "
		        "line by itself\n\n",
		        what);
	ask_line(s);
}

static bool yes(const char *answer)
{
	answer += strspn(answer, " ");
	return *answer == 'y' || *answer == 'Y';
}

/* ---- authenticate -----------------------------------------------------------------------------
 */

static void accept_ca(struct session *s)
{
	keep(s, FX_CERT_CA, s->pki->cert);
	session_printf(
	        s, "Trustpoint CA certificate accepted.\n%% Certificate successfully imported\n\n");
	pki_done(s);
}

static void on_accept(struct session *s, const char *answer)
{
	if (yes(answer)) {
		accept_ca(s);
		return;
	}
	session_printf(s, "%% Certificate is not accepted\n");
	s->failed = true;
	pki_done(s);
}

static void print_fingerprints(struct session *s, const struct x509_st *x)
{
	struct strbuf md5 = {0}, sha1 = {0};

	fx_cert_fingerprint(x, "MD5", &md5);
	fx_cert_fingerprint(x, "SHA1", &sha1);
	session_printf(s,
	        "Certificate has the following attributes:\n       Fingerprint MD5: %s \n      "
	        "Fingerprint SHA1: %s "
	        "\n\n",
	        sb_str(&md5), sb_str(&sha1));
	sb_fini(&md5);
	sb_fini(&sha1);
}

/* A certificate has come; s->pki->cert NULL: it is none. */
static void judge_ca(struct session *s)
{
	const struct fx_trustpoint *t = fx_find_trustpoint(pki_machine(s)->cfg, s->pki->trustpoint);
	char why[120];

	if (!t || !s->pki->cert) {
		pki_fail(s, "Error in receiving Certificate Authority certificate",
		        t ? "it cannot be read" : "the trustpoint is gone");
		return;
	}
	print_fingerprints(s, s->pki->cert);
	if (!fx_enroll_ca_ok(t, s->pki->cert, why, sizeof(why)))
		pki_fail(s, "Error in receiving Certificate Authority certificate", why);
	else if (t->fingerprint)
		accept_ca(s);
	else
		session_ask(
		        s, ASK_LINE, on_accept, "%% Do you accept this certificate? [yes/no]: ");
}

static void on_ca(struct session *s)
{
	s->pki->cert = fx_cert_parse(sb_str(&s->pki->text));
	judge_ca(s);
}

/* By URL: the terminal waits for what is fetched. */
static void on_fetched(void *ctx, const struct x509_st *ca, const char *why)
{
	struct session *s = ctx;

	if (!ca) {
		pki_fail(s, "Error in receiving Certificate Authority certificate", why);
	} else {
		s->pki->cert = X509_dup((X509 *)ca);
		judge_ca(s);
	}
	session_go_on(s);
}

static void fetch_ended(struct session *s, void *task, bool gone)
{
	fx_scep_forget(fx_pki_scep(pki_machine(s)->pki), task);
	if (gone)
		return;
	session_printf(s, "\n");
	s->failed = true;
	pki_done(s);
	session_go_on(s);
}

static void fetch_ca(struct exec *x, const struct fx_trustpoint *t)
{
	struct session *s = x->session;
	char why[120];

	pki_begin(s, t->name);
	if (!fx_scep_authenticate(
	            fx_pki_scep(x->fx->pki), t->name, on_fetched, s, x->fx->now, why, sizeof(why)))
		pki_fail(s, "Error in receiving Certificate Authority certificate", why);
	else
		session_task(s, fetch_ended, s);
}

const struct fx_trustpoint *pki_trustpoint(struct exec *x, const char *name)
{
	const struct fx_trustpoint *t = fx_find_trustpoint(x->fx->cfg, name);

	if (t)
		return t;
	out_text(x->o, "%% Trustpoint %s is not configured\n", name);
	x->failed = true;
	return NULL;
}

void exec_crypto_pki_authenticate(struct exec *x, const struct gl_exec_crypto_pki_authenticate *a)
{
	const struct fx_trustpoint *t = pki_trustpoint(x, a->trustpoint);

	if (!t)
		return;
	if (t->enrollment == FX_ENROLL_URL) {
		fetch_ca(x, t);
		return;
	}
	pki_begin(x->session, a->trustpoint);
	pki_paste(x->session, "CA certificate", on_ca);
}

/* ---- enroll -------------------------------------------------------------------------------------
 */

static void show_request(struct session *s, bool pem)
{
	const char *text = sb_str(&s->pki->text), *body = strchr(text, '\n'),
	           *end = strstr(text, "-----END");

	session_printf(s, "Certificate Request follows:\n\n");
	if (pem || !body || !end)
		session_printf(s, "%s", text);
	else
		session_print(s, body + 1, (size_t)(end - body) - 1);
	session_printf(s, "\n---End - This line not part of the certificate request---\n\n");
}

static void on_redisplay(struct session *s, const char *answer);

static void display(struct session *s)
{
	const struct fx_trustpoint *t = fx_find_trustpoint(pki_machine(s)->cfg, s->pki->trustpoint);

	show_request(s, t && t->pem);
	session_ask(s, ASK_LINE, on_redisplay, "Redisplay enrollment request? [yes/no]: ");
}

static void on_redisplay(struct session *s, const char *answer)
{
	if (yes(answer))
		display(s);
	else
		pki_done(s);
}

static void enroll_self(struct session *s, const struct fx_trustpoint *t,
        const struct fx_key_pair *k, const struct fx_applicant *who)
{
	char why[120];
	struct x509_st *x = fx_enroll_self(t, k, who, why, sizeof(why));

	if (!x) {
		pki_fail(s, "Error in making the certificate", why);
		return;
	}
	keep(s, FX_CERT_SELF, x);
	X509_free(x);
	session_printf(s, "\nRouter Self Signed Certificate successfully created\n\n");
	pki_done(s);
}

/* ---- enroll by URL ------------------------------------------------------------------------- */

static void send_request(struct session *s, const char *answer)
{
	struct pki_dialog *d = s->pki;
	char why[160];
	struct fx *x = pki_machine(s);
	const char *password = d->text.len ? sb_str(&d->text) : NULL;

	if (!yes(answer) && s->kind == PROTO_INTERACTIVE) {
		pki_done(s);
		return;
	}
	if (!fx_scep_enroll(
	            fx_pki_scep(x->pki), d->trustpoint, password, x->now, why, sizeof(why))) {
		pki_fail(s, "Error in sending the request", why);
		return;
	}
	session_printf(s,
	        "%% Certificate request sent to Certificate Authority\n%% The 'show crypto pki "
	        "certificate verbose %s' command will show the fingerprint.\n\n",
	        d->trustpoint);
	pki_done(s);
}

static void confirm_request(struct session *s)
{
	session_ask(s, 0, send_request, "Request certificate from CA? [yes/no]: ");
}

static void ask_challenge(struct session *s);

static void on_challenge_again(struct session *s, const char *answer)
{
	if (strcmp(answer, sb_str(&s->pki->text)) == 0) {
		session_printf(s, "\n");
		confirm_request(s);
		return;
	}
	session_printf(s, "\n%% Passwords do not match, please try again.\n");
	ask_challenge(s);
}

static void on_challenge(struct session *s, const char *answer)
{
	struct pki_dialog *d = s->pki;

	d->text.len = 0;
	sb_puts(&d->text, answer);
	if (*answer)
		session_ask(s, PROTO_PROMPT_NOECHO, on_challenge_again, "Re-enter password: ");
	else
		confirm_request(s);
}

static void ask_challenge(struct session *s)
{
	session_ask(s, PROTO_PROMPT_NOECHO, on_challenge, "Password: ");
}

/* A script's challenge is that of the trustpoint. */
static void enroll_url(struct exec *x, const struct fx_trustpoint *t)
{
	struct session *s = x->session;
	const struct fx_tp *tp = fx_pki_tp(x->fx->pki, t->name);

	if (!tp || !tp->ca) {
		pki_fail(s, "Error in sending the request",
		        "the trustpoint is not authenticated yet");
		return;
	}
	session_printf(s, "%%\n%% Start certificate enrollment .. \n");
	if (t->password.n || s->kind != PROTO_INTERACTIVE) {
		confirm_request(s);
		return;
	}
	session_printf(s,
	        "%% Create a challenge password. You will need to verbally provide this\n"
	        "   password to the CA Administrator in order to revoke your certificate.\n"
	        "   For security reasons your password will not be saved in the configuration.\n"
	        "   Please make a note of it.\n\n");
	ask_challenge(s);
}

void exec_crypto_pki_enroll(struct exec *x, const struct gl_exec_crypto_pki_enroll *a)
{
	const struct fx_trustpoint *t = pki_trustpoint(x, a->trustpoint);
	struct session *s = x->session;
	char why[120], *text;

	if (!t)
		return;
	struct fx_applicant who = fx_enroll_who(x->fx->pki, t);

	pki_begin(s, a->trustpoint);
	if (t->enrollment == FX_ENROLL_URL) {
		enroll_url(x, t);
		return;
	}
	const struct fx_key_pair *k = fx_enroll_key(x->fx->pki, t, why, sizeof(why));

	if (!k) {
		pki_fail(s, "Error in making the key pair", why);
		return;
	}
	if (t->enrollment == FX_ENROLL_SELF) {
		enroll_self(s, t, k, &who);
		return;
	}
	session_printf(s, "%% Start certificate enrollment ..\n\n");
	text = fx_enroll_request(t, k, &who, why, sizeof(why));
	if (!text) {
		pki_fail(s, "Error in making the request", why);
		return;
	}
	sb_puts(&s->pki->text, text);
	free(text);
	display(s);
}

/* ---- validate ---------------------------------------------------------------------------- */

static void say_validated(struct session *s, unsigned n_chain, const char *why)
{
	if (n_chain)
		session_printf(s, "Chain has %u certificates\n", n_chain);
	if (why)
		session_printf(s, "%% Certificate chain for %s is not valid: %s\n",
		        s->pki->trustpoint, why);
	else
		session_printf(s, "Certificate chain for %s is valid\n", s->pki->trustpoint);
	s->failed |= why != NULL;
	pki_done(s);
}

/* At once, while the command runs, or later, when it has become a task. */
static void on_validated(void *ctx, unsigned n_chain, const char *why)
{
	struct session *s = ctx;
	bool later = s->task_end;

	say_validated(s, n_chain, why);
	if (later)
		session_go_on(s);
}

static void validate_ended(struct session *s, void *task, bool gone)
{
	fx_pki_validate_stop(pki_machine(s)->pki, task);
	if (gone)
		return;
	session_printf(s, "\n");
	s->failed = true;
	pki_done(s);
	session_go_on(s);
}

void exec_crypto_pki_certificate_validate(
        struct exec *x, const struct gl_exec_crypto_pki_certificate_validate *a)
{
	struct session *s = x->session;

	if (!pki_trustpoint(x, a->trustpoint))
		return;
	pki_begin(s, a->trustpoint);
	fx_pki_validate(x->fx->pki, a->trustpoint, on_validated, s, x->fx->now);
	if (s->pki)
		session_task(s, validate_ended, s);
}

/* ---- import -------------------------------------------------------------------------------------
 */

static void on_own(struct session *s)
{
	static const char what[] = "Failed to parse or verify imported certificate";
	char why[120];

	s->pki->cert = fx_cert_parse(sb_str(&s->pki->text));
	if (!s->pki->cert) {
		pki_fail(s, what, "it cannot be read");
		return;
	}
	if (!fx_enroll_own_ok(
	            pki_machine(s)->pki, s->pki->trustpoint, s->pki->cert, why, sizeof(why))) {
		pki_fail(s, what, why);
		return;
	}
	keep(s, FX_CERT_OWN, s->pki->cert);
	session_printf(s, "%% Router Certificate successfully imported\n\n");
	pki_done(s);
}

void exec_crypto_pki_import_certificate(
        struct exec *x, const struct gl_exec_crypto_pki_import_certificate *a)
{
	if (!pki_trustpoint(x, a->trustpoint))
		return;
	pki_begin(x->session, a->trustpoint);
	pki_paste(x->session, "certificate", on_own);
}
