/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dialogues about keys and certificates: crypto pki authenticate, enroll, import, and crypto
 * key generate, zeroize (exec-and-cli reference, PKI; config-grammar reference §3.6). A certificate
 * is pasted line by line, and ends at a blank line or at `quit`.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "cli/session_int.h"
#include "flexvpn/core.h"
#include "flexvpn/enroll.h"
#include "grammar/gen/exec.h"

enum { PASTE_MAX = 64 * 1024, FILE_MAX = 256 * 1024 };

/* What is under way on one terminal. */
struct pki_dialog {
	char *trustpoint;
	struct secret password; /* of a PKCS #12 file */
	struct strbuf text;     /* pasted so far */
	void (*pasted)(struct session *s);
	struct x509_st *cert; /* waits for a yes */
};

void pki_dialog_free(struct pki_dialog *d)
{
	if (!d)
		return;
	X509_free(d->cert);
	secret_wipe(&d->password);
	if (d->text.s)
		wipe(d->text.s, d->text.cap);
	sb_fini(&d->text);
	free(d->trustpoint);
	free(d);
}

static struct pki_dialog *begin(struct session *s, const char *trustpoint)
{
	pki_dialog_free(s->pki);
	s->pki = xcalloc(1, sizeof(*s->pki));
	s->pki->trustpoint = xstrdup(trustpoint);
	return s->pki;
}

static void done(struct session *s)
{
	pki_dialog_free(s->pki);
	s->pki = NULL;
}

static void fail(struct session *s, const char *what, const char *why)
{
	session_printf(s, "%% %s: %s\n", what, why);
	s->failed = true;
	done(s);
}

static struct fx *machine(const struct session *s)
{
	return router_fx(s->sh->router);
}

/* ---- configuration ------------------------------------------------------------------------ */

/* What a dialogue brought becomes lines of the running-config. */
static void configure(struct session *s, const char *lines)
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

	fx_enroll_lines(machine(s)->cfg, s->pki->trustpoint, kind, x, &lines);
	configure(s, sb_str(&lines));
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
	if (!blank && !quit) {
		if (d->text.len + strlen(line) > PASTE_MAX) {
			fail(s, "Error in the pasted text", "it is too long");
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

static void paste(struct session *s, const char *what, void (*pasted)(struct session *s))
{
	s->pki->pasted = pasted;
	session_printf(s,
	        "\nEnter the base 64 encoded %s.\nEnd with a blank line or the word \"quit\" on a "
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
	done(s);
}

static void on_accept(struct session *s, const char *answer)
{
	if (yes(answer)) {
		accept_ca(s);
		return;
	}
	session_printf(s, "%% Certificate is not accepted\n");
	s->failed = true;
	done(s);
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

static void on_ca(struct session *s)
{
	const struct fx_trustpoint *t = fx_find_trustpoint(machine(s)->cfg, s->pki->trustpoint);
	char why[120];

	s->pki->cert = fx_cert_parse(sb_str(&s->pki->text));
	if (!t || !s->pki->cert) {
		fail(s, "Error in receiving Certificate Authority certificate",
		        t ? "it cannot be read" : "the trustpoint is gone");
		return;
	}
	print_fingerprints(s, s->pki->cert);
	if (!fx_enroll_ca_ok(t, s->pki->cert, why, sizeof(why)))
		fail(s, "Error in receiving Certificate Authority certificate", why);
	else if (t->fingerprint)
		accept_ca(s);
	else
		session_ask(
		        s, ASK_LINE, on_accept, "%% Do you accept this certificate? [yes/no]: ");
}

static const struct fx_trustpoint *trustpoint(struct exec *x, const char *name)
{
	const struct fx_trustpoint *t = fx_find_trustpoint(x->fx->cfg, name);

	if (t)
		return t;
	out_text(x->o, "%% Trustpoint %s is not configured\n", name);
	x->failed = true;
	return NULL;
}

static bool by_terminal(struct exec *x, const struct fx_trustpoint *t)
{
	if (t->enrollment != FX_ENROLL_URL)
		return true;
	out_text(x->o,
	        "%% Trustpoint %s enrolls by URL, which this release does not do: use `enrollment "
	        "terminal`\n",
	        t->name);
	x->failed = true;
	return false;
}

void exec_crypto_pki_authenticate(struct exec *x, const struct gl_exec_crypto_pki_authenticate *a)
{
	const struct fx_trustpoint *t = trustpoint(x, a->trustpoint);

	if (!t || !by_terminal(x, t))
		return;
	begin(x->session, a->trustpoint);
	paste(x->session, "CA certificate", on_ca);
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
	const struct fx_trustpoint *t = fx_find_trustpoint(machine(s)->cfg, s->pki->trustpoint);

	show_request(s, t && t->pem);
	session_ask(s, ASK_LINE, on_redisplay, "Redisplay enrollment request? [yes/no]: ");
}

static void on_redisplay(struct session *s, const char *answer)
{
	if (yes(answer))
		display(s);
	else
		done(s);
}

static void enroll_self(struct session *s, const struct fx_trustpoint *t,
        const struct fx_key_pair *k, const char *host)
{
	char why[120];
	struct x509_st *x = fx_enroll_self(t, k, host, why, sizeof(why));

	if (!x) {
		fail(s, "Error in making the certificate", why);
		return;
	}
	keep(s, FX_CERT_SELF, x);
	X509_free(x);
	session_printf(s, "\nRouter Self Signed Certificate successfully created\n\n");
	done(s);
}

void exec_crypto_pki_enroll(struct exec *x, const struct gl_exec_crypto_pki_enroll *a)
{
	const struct fx_trustpoint *t = trustpoint(x, a->trustpoint);
	const char *host = router_hostname(x->r);
	struct session *s = x->session;
	char why[120], *text;

	if (!t || !by_terminal(x, t))
		return;
	begin(s, a->trustpoint);
	const struct fx_key_pair *k = fx_enroll_key(x->fx->pki, t, why, sizeof(why));

	if (!k) {
		fail(s, "Error in making the key pair", why);
		return;
	}
	if (t->enrollment == FX_ENROLL_SELF) {
		enroll_self(s, t, k, host);
		return;
	}
	session_printf(s, "%% Start certificate enrollment ..\n\n");
	text = fx_enroll_request(t, k, host, why, sizeof(why));
	if (!text) {
		fail(s, "Error in making the request", why);
		return;
	}
	sb_puts(&s->pki->text, text);
	free(text);
	display(s);
}

/* ---- import -------------------------------------------------------------------------------------
 */

static void on_own(struct session *s)
{
	static const char what[] = "Failed to parse or verify imported certificate";
	char why[120];

	s->pki->cert = fx_cert_parse(sb_str(&s->pki->text));
	if (!s->pki->cert) {
		fail(s, what, "it cannot be read");
		return;
	}
	if (!fx_enroll_own_ok(
	            machine(s)->pki, s->pki->trustpoint, s->pki->cert, why, sizeof(why))) {
		fail(s, what, why);
		return;
	}
	keep(s, FX_CERT_OWN, s->pki->cert);
	session_printf(s, "%% Router Certificate successfully imported\n\n");
	done(s);
}

void exec_crypto_pki_import_certificate(
        struct exec *x, const struct gl_exec_crypto_pki_import_certificate *a)
{
	if (!trustpoint(x, a->trustpoint))
		return;
	begin(x->session, a->trustpoint);
	paste(x->session, "certificate", on_own);
}

static void import_pkcs12(struct session *s, struct span file)
{
	struct pki_dialog *d = s->pki;
	struct strbuf lines = {0};
	char why[120], *password = xstrndup((const char *)d->password.p, d->password.n);

	if (fx_enroll_pkcs12(
	            machine(s)->pki, d->trustpoint, file, password, &lines, why, sizeof(why))) {
		configure(s, sb_str(&lines));
		session_printf(s, "CRYPTO_PKI: Imported PKCS12 file successfully.\n");
		done(s);
	} else {
		fail(s, "Error: failed to import the PKCS12 file", why);
	}
	wipe(password, strlen(password));
	free(password);
	sb_fini(&lines);
}

static void on_pkcs12(struct session *s)
{
	import_pkcs12(s, span_of(sb_str(&s->pki->text), s->pki->text.len));
}

static bool read_file(const char *path, struct secret *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	          st.st_size <= FILE_MAX;

	if (ok) {
		secret_reserve(out, (size_t)st.st_size);
		ok = read(fd, out->p, out->n) == st.st_size;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

void exec_crypto_pki_import_pkcs12(struct exec *x, const struct gl_exec_crypto_pki_import_pkcs12 *a)
{
	struct pki_dialog *d = begin(x->session, a->trustpoint);
	struct secret file = {0};

	secret_set(&d->password, a->password, strlen(a->password));
	if (a->kw_terminal) {
		paste(x->session, "pkcs12", on_pkcs12);
		return;
	}
	session_printf(x->session, "%% Importing pkcs12...\n");
	if (read_file(a->file, &file))
		import_pkcs12(x->session, secret_span(&file));
	else
		fail(x->session, "Error: failed to open the PKCS12 file", a->file);
	secret_wipe(&file);
}

/* ---- keys
 * ---------------------------------------------------------------------------------------- */

static void generate(struct exec *x, const char *label, enum fx_key_kind kind, unsigned bits)
{
	char why[120];

	out_text(x->o, "The name for the keys will be: %s\n\n", label);
	if (!fx_keys_generate(fx_pki_keys(x->fx->pki), label, kind, bits, why, sizeof(why))) {
		out_text(x->o, "%% Error in generating keys: %s\n", why);
		x->failed = true;
		return;
	}
	fx_pki_rekeyed(x->fx->pki);
	if (kind == FX_KEY_RSA)
		out_text(x->o,
		        "%% The key modulus size is %u bits\n%% Generating %u bit RSA keys, keys "
		        "will be "
		        "non-exportable...\n[OK]\n",
		        bits, bits);
}

void exec_crypto_key_generate_rsa(struct exec *x, const struct gl_exec_crypto_key_generate_rsa *a)
{
	generate(x, a->has_label ? a->label : router_hostname(x->r), FX_KEY_RSA,
	        a->has_bits ? a->bits : 2048);
}

void exec_crypto_key_generate_ec(struct exec *x, const struct gl_exec_crypto_key_generate_ec *a)
{
	generate(x, a->has_label ? a->label : router_hostname(x->r), FX_KEY_EC,
	        a->kw_256   ? 256
	        : a->kw_384 ? 384
	                    : 521);
}

/* Without a label: all keys of the kind. */
void exec_crypto_key_zeroize(struct exec *x, const struct gl_exec_crypto_key_zeroize *a)
{
	struct fx_keys *k = fx_pki_keys(x->fx->pki);
	const struct fx_key_pair *p;
	unsigned n = 0;

	for (size_t i = 0; (p = fx_keys_at(k, i));) {
		bool rsa = fx_key_is_rsa(p);

		if (rsa == a->kw_rsa && (!a->has_label || strcmp(a->label, p->label) == 0) &&
		        fx_keys_remove(k, p->label))
			n++;
		else
			i++;
	}
	fx_pki_rekeyed(x->fx->pki);
	if (n)
		out_text(x->o,
		        "%% Keys to be removed are: %u. Certificates of these keys are of no use "
		        "any more.\n",
		        n);
	else
		out_text(x->o, "%% No keys found with that label\n");
	x->failed = !n;
}
