/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trustpoints as files: crypto pki import pkcs12|pem, crypto pki export pkcs12|pem. By pasting and
 * printing, or in files of flash:; a PKCS #12 file may lie anywhere when it is imported.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "cli/pki_dialog.h"
#include "grammar/gen/exec.h"

enum { FILE_MAX = 256 * 1024, PEM_CA = 0, PEM_KEY, PEM_OWN };

/* ---- files ---------------------------------------------------------------------------------- */

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

/* NAME or flash:NAME, with a suffix: where it lies. */
static bool flash_path(const struct session *s, const char *name, const char *suffix,
        char path[4096], char *why, size_t n)
{
	char whole[FILE_NAME_MAX + 16];
	struct file_ref f;

	snprintf(whole, sizeof(whole), "%s%s", name, suffix);
	f = file_named(whole);
	if (f.kind == FILE_FLASH && f.name[0])
		return file_path(s->sh, &f, path, 4096, why, n);
	snprintf(why, n, "Invalid file name");
	return false;
}

static bool write_file(const struct session *s, const char *name, const char *suffix,
        const struct secret *data, char *why, size_t n)
{
	char path[4096];

	if (!flash_path(s, name, suffix, path, why, n))
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok =
	        fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, data->p, data->n) == (ssize_t)data->n;

	if (!ok)
		snprintf(why, n, "%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- import --------------------------------------------------------------------------------- */

/* What to import into, with the passphrase as a text; import_end() wipes that. */
static struct fx_import import_begin(const struct session *s, char **password)
{
	const struct pki_dialog *d = s->pki;

	*password = xstrndup((const char *)d->password.p, d->password.n);
	return (struct fx_import){.cfg = pki_machine(s)->cfg,
	        .trustpoint = d->trustpoint,
	        .password = *password,
	        .exportable = d->exportable};
}

static void import_end(char *password)
{
	wipe(password, strlen(password));
	free(password);
}

static void import_pkcs12(struct session *s, struct span file)
{
	struct strbuf lines = {0};
	char why[120], *password;
	struct fx_import i = import_begin(s, &password);

	if (fx_enroll_pkcs12(pki_machine(s)->pki, &i, file, &lines, why, sizeof(why))) {
		pki_configure(s, sb_str(&lines));
		session_printf(s, "CRYPTO_PKI: Imported PKCS12 file successfully.\n");
		pki_done(s);
	} else {
		pki_fail(s, "Error: failed to import the PKCS12 file", why);
	}
	import_end(password);
	sb_fini(&lines);
}

static void on_pkcs12(struct session *s)
{
	import_pkcs12(s, span_of(sb_str(&s->pki->text), s->pki->text.len));
}

void exec_crypto_pki_import_pkcs12(struct exec *x, const struct gl_exec_crypto_pki_import_pkcs12 *a)
{
	struct pki_dialog *d = pki_begin(x->session, a->trustpoint);
	struct secret file = {0};

	secret_set(&d->password, a->password, strlen(a->password));
	d->exportable = a->kw_exportable;
	if (a->kw_terminal) {
		pki_paste(x->session, "pkcs12", on_pkcs12);
		return;
	}
	session_printf(x->session, "%% Importing pkcs12...\n");
	if (read_file(a->file, &file))
		import_pkcs12(x->session, secret_span(&file));
	else
		pki_fail(x->session, "Error: failed to open the PKCS12 file", a->file);
	secret_wipe(&file);
}

static void import_pem(struct session *s)
{
	struct pki_dialog *d = s->pki;
	struct strbuf lines = {0};
	char why[120], *password;
	struct fx_import i = import_begin(s, &password);

	if (fx_enroll_pem(pki_machine(s)->pki, &i, (const char *)d->part[PEM_CA].p,
	            (const char *)d->part[PEM_KEY].p, (const char *)d->part[PEM_OWN].p, &lines, why,
	            sizeof(why))) {
		pki_configure(s, sb_str(&lines));
		session_printf(s, "%% PEM files import succeeded.\n");
		pki_done(s);
	} else {
		pki_fail(s, "PEM files import failed", why);
	}
	import_end(password);
	sb_fini(&lines);
}

static void next_part(struct session *s);

/* What was pasted is kept with its zero; the last one completes them. */
static void on_part(struct session *s)
{
	struct pki_dialog *d = s->pki;
	size_t i = PEM_CA;

	while (i < PEM_OWN && d->part[i].n)
		i++;
	secret_set(&d->part[i], sb_str(&d->text), d->text.len + 1);
	wipe(d->text.s, d->text.cap);
	d->text.len = 0;
	if (i == PEM_OWN)
		import_pem(s);
	else
		next_part(s);
}

static void next_part(struct session *s)
{
	static const char *const what[] = {"CA certificate",
	        "encrypted private General Purpose key", "General Purpose certificate"};
	struct pki_dialog *d = s->pki;
	size_t i = PEM_CA;

	while (d->part[i].n)
		i++;
	d->to_quit = i == PEM_KEY; /* the old form has a blank line behind its head */
	session_printf(s,
	        "%% Enter PEM-formatted %s.\n%% End with %s\"quit\" on a line by itself.\n",
	        what[i], d->to_quit ? "" : "a blank line or ");
	pki_paste(s, NULL, on_part);
}

static bool read_parts(struct session *s, const char *name, char *why, size_t n)
{
	static const char *const suffix[] = {".ca", ".prv", ".crt"};
	struct pki_dialog *d = s->pki;
	char path[4096];

	for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
		struct secret file = {0};

		if (!flash_path(s, name, suffix[i], path, why, n))
			return false;
		bool ok = read_file(path, &file);

		if (ok) {
			memcpy(secret_reserve(&d->part[i], file.n + 1), file.p, file.n);
			ok = !memchr(file.p, 0, file.n);
		}
		secret_wipe(&file);
		if (!ok) {
			snprintf(why, n, "%s%s cannot be read", name, suffix[i]);
			return false;
		}
	}
	return true;
}

void exec_crypto_pki_import_pem(struct exec *x, const struct gl_exec_crypto_pki_import_pem *a)
{
	struct pki_dialog *d = pki_begin(x->session, a->trustpoint);
	char why[FILE_NAME_MAX + 40];

	secret_set(&d->password, a->password, strlen(a->password));
	d->exportable = a->kw_exportable;
	if (a->kw_terminal)
		next_part(x->session);
	else if (read_parts(x->session, a->file, why, sizeof(why)))
		import_pem(x->session);
	else
		pki_fail(x->session, "PEM files import failed", why);
}

/* ---- export --------------------------------------------------------------------------------- */

static const struct fx_tp *exported(struct exec *x, const char *name)
{
	return pki_trustpoint(x, name) ? fx_pki_tp(x->fx->pki, name) : NULL;
}

static void refuse(struct exec *x, const char *why)
{
	out_text(x->o, "%% Error: %s.\n", why);
	x->failed = true;
}

static void print_pem(struct exec *x, const struct fx_tp *t, const struct fx_export *e)
{
	out_text(x->o, "%% CA certificate:\n%.*s\n", (int)e->ca.n, (const char *)e->ca.p);
	out_text(x->o, "%% Key name: %s\n   Usage: General Purpose Key\n%.*s\n", t->key->label,
	        (int)e->key.n, (const char *)e->key.p);
	out_text(x->o, "%% General Purpose Certificate:\n%.*s\n", (int)e->own.n,
	        (const char *)e->own.p);
}

static void write_pem(struct exec *x, const char *name, const struct fx_export *e)
{
	char why[120];

	if (write_file(x->session, name, ".ca", &e->ca, why, sizeof(why)) &&
	        write_file(x->session, name, ".prv", &e->key, why, sizeof(why)) &&
	        write_file(x->session, name, ".crt", &e->own, why, sizeof(why)))
		out_text(x->o, "%% PEM files export succeeded: %s.ca, %s.prv, %s.crt\n", name, name,
		        name);
	else
		refuse(x, why);
}

void exec_crypto_pki_export_pem(struct exec *x, const struct gl_exec_crypto_pki_export_pem *a)
{
	const struct fx_tp *t = exported(x, a->trustpoint);
	struct fx_export e = {0};
	char why[120];

	if (!t)
		return;
	if (!fx_export_pem(t, a->password, a->kw_3des, &e, why, sizeof(why)))
		refuse(x, why);
	else if (a->kw_terminal)
		print_pem(x, t, &e);
	else
		write_pem(x, a->file, &e);
	fx_export_wipe(&e);
}

static void print_pkcs12(struct exec *x, const struct secret *der)
{
	enum { LINE = 48 };
	char text[LINE / 3 * 4 + 1];

	out_text(x->o, "CRYPTO_PKI: Exported pkcs12 follows:\n");
	for (size_t at = 0; at < der->n; at += LINE) {
		size_t n = der->n - at < LINE ? der->n - at : LINE;

		EVP_EncodeBlock((uint8_t *)text, der->p + at, (int)n);
		out_text(x->o, "%s\n", text);
	}
	out_text(x->o, "---End - This line not part of the pkcs12---\n\n");
}

void exec_crypto_pki_export_pkcs12(struct exec *x, const struct gl_exec_crypto_pki_export_pkcs12 *a)
{
	const struct fx_tp *t = exported(x, a->trustpoint);
	struct secret der = {0};
	char why[120];
	bool ok;

	if (!t)
		return;
	ok = fx_export_pkcs12(t, a->password, &der, why, sizeof(why));
	if (ok && a->kw_terminal)
		print_pkcs12(x, &der);
	else if (ok)
		ok = write_file(x->session, a->file, "", &der, why, sizeof(why));
	secret_wipe(&der);
	if (ok)
		out_text(x->o, "CRYPTO_PKI: Exported PKCS12 file successfully.\n");
	else
		refuse(x, why);
}
