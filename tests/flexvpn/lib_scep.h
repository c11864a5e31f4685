/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An authority that speaks SCEP (RFC 8894), for tests: as it should, or with one flaw. */
#ifndef SPOKE_TESTS_FLEXVPN_LIB_SCEP_H
#define SPOKE_TESTS_FLEXVPN_LIB_SCEP_H

#include "base/buf.h"
#include "tests/flexvpn/lib_ca.h"

enum scep_flaw {
	SCEP_FLAW_NONE,
	SCEP_FLAW_SIGNER,      /* signed by a key of nobody's */
	SCEP_FLAW_TRANSACTION, /* of another transaction */
	SCEP_FLAW_NONCE,       /* to another question */
	SCEP_FLAW_KEY,         /* the certificate is for another key */
	SCEP_FLAW_ISSUER,      /* the certificate is another authority's */
	SCEP_FLAW_TYPE,        /* it is no CertRep */
	SCEP_FLAW_STATUS,      /* it has no status */
	SCEP_FLAW_CLEAR,       /* what should be encrypted is not */
	SCEP_FLAW_CUT,         /* half of the message */
	SCEP_FLAW_GARBAGE,     /* no message at all */
	SCEP_FLAW_EMPTY,       /* nothing */
	SCEP_FLAWS
};

struct scep_server {
	struct ca_made root, ra; /* ra.x NULL: it speaks for itself */
	const char *caps;        /* NULL: the question is not understood */
	const char *challenge;   /* NULL: none is asked for */
	unsigned pending;        /* so many times the answer is PENDING */
	int refuse;              /* failInfo; -1: it grants */
	int days;                /* of what it issues; 0: 30 */
	int seconds;             /* the same; 0: in days */
	enum scep_flaw flaw;
	bool zero_nonce; /* it answers as to a nonce of zeros */
	/* what came last */
	int type;
	char transaction[80], challenged[80], subject[200];
	bool renewal; /* signed by a certificate of its own */
	EVP_PKEY *asked;
	X509_NAME *asker; /* of the last request, for polls */
};

/* With an RSA or a P-256 key. */
void scep_server_init(struct scep_server *s, bool rsa, bool with_ra);
void scep_server_fini(struct scep_server *s);
/* The body of the answer, freed by the caller with OPENSSL_free(); NULL: "not found". */
uint8_t *scep_server_answer(struct scep_server *s, const char *op, struct span message, size_t *n);

#endif
