/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of SCEP (RFC 8894): what is sent to an authority and what it says, without the sending.
 * A pkiMessage is a CMS SignedData around an EnvelopedData; every check that makes an answer
 * believable is here.
 */
#ifndef SPOKE_FLEXVPN_SCEP_MSG_H
#define SPOKE_FLEXVPN_SCEP_MSG_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* GetCACaps (§3.5.2): what the authority can do beyond the oldest of them. */
enum scep_caps {
	SCEP_CAP_AES = 1,
	SCEP_CAP_SHA256 = 2,
	SCEP_CAP_SHA512 = 4,
	SCEP_CAP_POST = 8,
	SCEP_CAP_RENEWAL = 16,
};
/* Unknown words mean nothing. */
unsigned scep_caps(struct span text);

/* GetCACert (§4.2): an authority, and with it those whom it has appointed to speak for it. */
struct scep_ca {
	X509 *ca;            /* NULL: there is none */
	X509 *encrypt;       /* what is meant for the authority is encrypted to this one */
	STACK_OF(X509) * ra; /* whose signature counts besides ca's */
};
/* A certificate, or a SignedData that carries several. `ca` NULL: the one that stands lowest is
 * taken; else it must be that one. False: `why`. */
bool scep_ca_read(struct span body, const X509 *ca, struct scep_ca *out, char *why, size_t n);
void scep_ca_fini(struct scep_ca *c);

enum scep_type {
	SCEP_CERT_REP = 3,
	SCEP_RENEWAL_REQ = 17,
	SCEP_PKCS_REQ = 19,
	SCEP_CERT_POLL = 20
};

enum { SCEP_NONCE = 16, SCEP_TRANSACTION = 64 };

/* What a transaction consists of. */
struct scep_ask {
	enum scep_type type;
	const struct scep_ca *to;
	unsigned caps;
	EVP_PKEY *key; /* that signs the message, */
	X509 *cert;    /* and its certificate: the one in force, or one that it has signed itself */
	const char *digest;       /* wanted for signing; weaker ones only where caps say so */
	const X509_REQ *request;  /* for PKCS_REQ and RENEWAL_REQ */
	const X509_NAME *subject; /* for CERT_POLL */
	char transaction[SCEP_TRANSACTION + 1];
	uint8_t nonce[SCEP_NONCE];
};

/* The transaction of a key (§2.9: the same key, the same transaction). */
bool scep_transaction(const EVP_PKEY *key, char out[SCEP_TRANSACTION + 1]);
/* The message in DER, freed by OPENSSL_free(). Draws a new nonce. NULL: OpenSSL could not. */
uint8_t *scep_build(struct scep_ask *a, size_t *n);

enum scep_status { SCEP_GRANTED, SCEP_REFUSED, SCEP_PENDING, SCEP_BAD };
/* CertRep. GRANTED: `own` is the certificate of `key`, which is the caller's. REFUSED, BAD:
 * `why`. BAD is an answer that nobody who may has given to this question. */
enum scep_status scep_read(
        const struct scep_ask *a, struct span body, EVP_PKEY *key, X509 **own, char *why, size_t n);

/* A certificate that a key signs for itself, for the first message. NULL: OpenSSL could not. */
X509 *scep_self(EVP_PKEY *key, const X509_NAME *subject);

#endif
