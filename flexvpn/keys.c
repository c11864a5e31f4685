/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key pairs: see keys.h. A file is named by the hexadecimal digits of its label, so that a label
 * may contain anything. */
#include "flexvpn/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"

enum { SEAL_LEN = 32, LABEL_MAX = 100 };

#define SEAL_FILE   "seal"
#define MASTER_FILE "master"
#define KEY_SUFFIX  ".key"
#define EXPORTABLE  "Exportable: yes\n" /* the first line of such a key's file */

struct fx_keys {
	char *dir;            /* NULL: nothing is kept */
	struct secret seal;   /* passphrase of the files: hexadecimal */
	struct secret master; /* of type 6 keys */
	struct fx_key_pair *v;
	size_t n;
};

static bool failed(char *why, size_t n, const char *what)
{
	snprintf(why, n, "%s: %s", what, strerror(errno));
	return false;
}

/* ---- the list ----------------------------------------------------------------------- */

const struct fx_key_pair *fx_keys_at(const struct fx_keys *k, size_t i)
{
	return i < k->n ? &k->v[i] : NULL;
}

const struct fx_key_pair *fx_keys_find(const struct fx_keys *k, const char *label)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].label, label) == 0)
			return &k->v[i];
	return NULL;
}

const struct fx_key_pair *fx_keys_of(const struct fx_keys *k, const struct x509_st *cert)
{
	const EVP_PKEY *pub = X509_get0_pubkey(cert);

	for (size_t i = 0; pub && i < k->n; i++)
		if (EVP_PKEY_eq(k->v[i].key, pub) == 1)
			return &k->v[i];
	return NULL;
}

bool fx_key_is_rsa(const struct fx_key_pair *k)
{
	int id = EVP_PKEY_get_base_id(k->key);

	return id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS;
}

static void pair_fini(struct fx_key_pair *p)
{
	free((char *)p->label);
	EVP_PKEY_free(p->key);
}

static void drop(struct fx_keys *k, const char *label)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].label, label) == 0) {
			pair_fini(&k->v[i]);
			memmove(&k->v[i], &k->v[i + 1], (k->n - i - 1) * sizeof(*k->v));
			k->n--;
			return;
		}
}

/* Takes the reference. */
static void add(struct fx_keys *k, const char *label, EVP_PKEY *key, uint64_t made, bool exportable)
{
	drop(k, label);
	k->v = xrealloc(k->v, (k->n + 1) * sizeof(*k->v));
	k->v[k->n++] = (struct fx_key_pair){
	        .label = xstrdup(label), .key = key, .made = made, .exportable = exportable};
}

/* ---- files -------------------------------------------------------------------------- */

static char *path_of(const struct fx_keys *k, const char *name, const char *suffix)
{
	struct strbuf sb = {0};

	sb_printf(&sb, "%s/%s%s", k->dir, name, suffix);
	return sb_take(&sb);
}

static char *key_path(const struct fx_keys *k, const char *label)
{
	char name[2 * LABEL_MAX + 1];

	hex_fmt(name, label, strlen(label));
	return path_of(k, name, KEY_SUFFIX);
}

static bool sync_dir(const struct fx_keys *k)
{
	int fd = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Whole or not at all: temporary file, fsync, rename, fsync of the directory. */
static bool write_file(const struct fx_keys *k, const char *path, const void *data, size_t n)
{
	struct strbuf tmp = {0};

	sb_printf(&tmp, "%s.tmp", path);
	int fd = open(sb_str(&tmp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, data, n) == (ssize_t)n &&
	          fsync(fd) == 0;

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	ok = ok && rename(sb_str(&tmp), path) == 0 && sync_dir(k);
	sb_fini(&tmp);
	return ok;
}

/* The secret of that name: read, or drawn at random and kept when there is none. */
static bool load_secret(const struct fx_keys *k, const char *name, uint8_t *out, size_t n)
{
	char *path = path_of(k, name, "");
	FILE *f = fopen(path, "re");
	bool ok = f && fread(out, 1, n, f) == n;

	if (!f && errno == ENOENT)
		ok = RAND_priv_bytes(out, (int)n) == 1 && write_file(k, path, out, n);
	if (f)
		fclose(f);
	free(path);
	return ok;
}

static bool load_seal(struct fx_keys *k)
{
	uint8_t raw[SEAL_LEN];
	char text[2 * SEAL_LEN + 1];
	bool ok = load_secret(k, SEAL_FILE, raw, sizeof(raw));

	if (ok) {
		hex_fmt(text, raw, sizeof(raw));
		secret_set(&k->seal, text, 2 * SEAL_LEN);
	}
	wipe(raw, sizeof(raw));
	wipe(text, sizeof(text));
	return ok;
}

bool fx_keys_secret(const struct fx_keys *k, const char *name, uint8_t *out, size_t n)
{
	if (!k->dir)
		return false;
	if (load_secret(k, name, out, n))
		return true;
	wipe(out, n);
	log_msg(PLATFORM_OPERATION_FAILED, name, strerror(errno));
	return false;
}

static int passphrase(char *buf, int size, int writing, void *ctx)
{
	const struct fx_keys *k = ctx;
	int n = (int)k->seal.n < size ? (int)k->seal.n : size;

	(void)writing;
	memcpy(buf, k->seal.p, (size_t)n);
	return n;
}

static bool save(const struct fx_keys *k, const char *label, EVP_PKEY *key, bool exportable)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	char *path = key_path(k, label), *data = NULL;
	bool ok = mem && (!exportable || BIO_puts(mem, EXPORTABLE) > 0) &&
	          PEM_write_bio_PKCS8PrivateKey(mem, key, EVP_aes_256_cbc(),
	                  (const char *)k->seal.p, (int)k->seal.n, NULL, NULL) == 1;
	long n = ok ? BIO_get_mem_data(mem, &data) : 0;

	ok = ok && n > 0 && write_file(k, path, data, (size_t)n);
	BIO_free(mem);
	free(path);
	return ok;
}

/* "6c616231.key": the label that the name stands for; false: it is none of ours. */
static bool label_of(const char *name, char label[LABEL_MAX + 1])
{
	size_t n = strlen(name), tail = strlen(KEY_SUFFIX);

	if (n <= tail || strcmp(name + n - tail, KEY_SUFFIX) != 0 || (n - tail) % 2 ||
	        (n - tail) / 2 > LABEL_MAX)
		return false;
	char digits[2 * LABEL_MAX + 1];

	n -= tail;
	memcpy(digits, name, n);
	digits[n] = '\0';
	label[n / 2] = '\0';
	return hex_parse(digits, (uint8_t *)label, n / 2);
}

static void load(struct fx_keys *k, const char *name)
{
	char label[LABEL_MAX + 1];
	struct stat st = {0};

	if (!label_of(name, label))
		return;
	char *path = path_of(k, name, ""), first[sizeof(EXPORTABLE)] = "";
	FILE *f = fopen(path, "re");
	bool exportable = f && fgets(first, sizeof(first), f) && strcmp(first, EXPORTABLE) == 0;

	if (f && !exportable)
		rewind(f);
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, passphrase, k) : NULL;

	if (key) {
		fstat(fileno(f), &st);
		add(k, label, key, (uint64_t)st.st_mtime * 1000, exportable);
	} else {
		log_msg(PKI_KEY_UNREADABLE, label, path);
	}
	if (f)
		fclose(f);
	free(path);
}

static void load_all(struct fx_keys *k)
{
	DIR *d = opendir(k->dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		load(k, e->d_name);
	if (d)
		closedir(d);
}

/* ---- the master key of the configuration: nonce, AES-256-GCM, tag ------------------------------
 */

enum { NONCE = 12, TAG = 16, MASTER_MAX = 512 };

/* One way or the other, `n` octets; the tag stands behind what is encrypted. */
static bool gcm(const struct fx_keys *k, bool seal, const uint8_t nonce[NONCE], const uint8_t *in,
        size_t n, uint8_t *out, uint8_t tag[TAG])
{
	uint8_t key[32];
	unsigned len = 0;
	int got = 0, last = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ok = c && EVP_Digest(k->seal.p, k->seal.n, key, &len, EVP_sha256(), NULL) == 1 &&
	          EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, seal) == 1 &&
	          EVP_CipherUpdate(c, out, &got, in, (int)n) == 1 &&
	          (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1) &&
	          EVP_CipherFinal_ex(c, out + got, &last) == 1 &&
	          (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	wipe(key, sizeof(key));
	return ok;
}

static void load_master(struct fx_keys *k)
{
	char *path = path_of(k, MASTER_FILE, "");
	FILE *f = fopen(path, "re");
	uint8_t raw[NONCE + MASTER_MAX + TAG], clear[MASTER_MAX];
	size_t n = f ? fread(raw, 1, sizeof(raw), f) : 0;

	if (n > NONCE + TAG &&
	        gcm(k, false, raw, raw + NONCE, n - NONCE - TAG, clear, raw + n - TAG))
		secret_set(&k->master, clear, n - NONCE - TAG);
	else if (f)
		log_msg(PKI_KEY_UNREADABLE, "the configuration", path);
	if (f)
		fclose(f);
	wipe(clear, sizeof(clear));
	free(path);
}

const struct secret *fx_keys_master(const struct fx_keys *k)
{
	return &k->master;
}

static bool save_master(const struct fx_keys *k, const struct secret *m)
{
	char *path = path_of(k, MASTER_FILE, "");
	uint8_t raw[NONCE + MASTER_MAX + TAG];
	bool ok;

	if (!m->n)
		ok = (unlink(path) == 0 || errno == ENOENT) && sync_dir(k);
	else
		ok = RAND_bytes(raw, NONCE) == 1 &&
		     gcm(k, true, raw, m->p, m->n, raw + NONCE, raw + NONCE + m->n) &&
		     write_file(k, path, raw, NONCE + m->n + TAG);
	free(path);
	return ok;
}

bool fx_keys_set_master(struct fx_keys *k, const struct secret *master, char *why, size_t n)
{
	if (master->n > MASTER_MAX) {
		snprintf(why, n, "it is too long");
		return false;
	}
	if (k->dir && !save_master(k, master))
		return failed(why, n, k->dir);
	secret_copy(&k->master, master);
	return true;
}

struct fx_keys *fx_keys_new(const char *dir)
{
	struct fx_keys *k = xcalloc(1, sizeof(*k));
	struct strbuf path = {0};

	if (!dir)
		return k;
	sb_printf(&path, "%s/keys", dir);
	k->dir = sb_take(&path);
	if ((mkdir(k->dir, 0700) == 0 || errno == EEXIST) && load_seal(k)) {
		load_all(k);
		load_master(k);
		return k;
	}
	log_msg(PLATFORM_OPERATION_FAILED, k->dir, strerror(errno));
	free(k->dir);
	k->dir = NULL;
	return k;
}

void fx_keys_free(struct fx_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		pair_fini(&k->v[i]);
	free(k->v);
	secret_wipe(&k->seal);
	secret_wipe(&k->master);
	free(k->dir);
	free(k);
}

/* ---- making and removing -------------------------------------------------------------- */

bool fx_keys_put(struct fx_keys *k, const char *label, struct evp_pkey_st *key, bool exportable,
        char *why, size_t n)
{
	if (!*label || strlen(label) > LABEL_MAX) {
		snprintf(why, n, "a label has 1 to %d characters", LABEL_MAX);
		return false;
	}
	if (k->dir && !save(k, label, key, exportable))
		return failed(why, n, k->dir);
	EVP_PKEY_up_ref(key);
	add(k, label, key, wall_ms(), exportable);
	return true;
}

bool fx_keys_generate(struct fx_keys *k, const char *label, enum fx_key_kind kind, unsigned bits,
        bool exportable, char *why, size_t n)
{
	const char *curve = bits == 521 ? "P-521" : bits == 384 ? "P-384" : "P-256";
	EVP_PKEY *key = kind == FX_KEY_RSA ? EVP_RSA_gen(bits) : EVP_EC_gen(curve);

	if (!key) {
		snprintf(why, n, "OpenSSL could not make the key");
		return false;
	}
	bool ok = fx_keys_put(k, label, key, exportable, why, n);

	EVP_PKEY_free(key);
	return ok;
}

bool fx_keys_rename(struct fx_keys *k, const char *from, const char *to, char *why, size_t n)
{
	const struct fx_key_pair *p = fx_keys_find(k, from);

	if (!p) {
		snprintf(why, n, "there is no key pair %s", from);
		return false;
	}
	return fx_keys_put(k, to, p->key, p->exportable, why, n) && fx_keys_remove(k, from);
}

bool fx_keys_remove(struct fx_keys *k, const char *label)
{
	if (!fx_keys_find(k, label))
		return false;
	char *name = xstrdup(label); /* it may be the list's own */

	if (k->dir) {
		char *path = key_path(k, name);

		unlink(path);
		sync_dir(k);
		free(path);
	}
	drop(k, name);
	free(name);
	return true;
}
