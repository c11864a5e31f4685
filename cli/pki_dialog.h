/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands about keys and certificates have in common: one dialogue a terminal. */
#ifndef SPOKE_CLI_PKI_DIALOG_H
#define SPOKE_CLI_PKI_DIALOG_H

#include "cli/session_int.h"
#include "flexvpn/core.h"
#include "flexvpn/enroll.h"

/* What is under way on one terminal. */
struct pki_dialog {
	char *trustpoint;
	struct secret password; /* of a file */
	struct strbuf text;     /* pasted so far */
	void (*pasted)(struct session *s);
	bool to_quit;          /* blank lines belong to what is pasted */
	struct secret part[3]; /* PEM: the authority's, the key, ours; each ends in a zero */
	bool exportable;       /* the key to come */
	struct x509_st *cert;  /* waits for a yes */
};

struct fx *pki_machine(const struct session *s);
struct pki_dialog *pki_begin(struct session *s, const char *trustpoint); /* in place of another */
void pki_done(struct session *s);
void pki_fail(struct session *s, const char *what, const char *why); /* says so, and ends it */
void pki_configure(struct session *s, const char *lines); /* lines of the running-config */
/* The text that follows goes to `pasted`. `what` NULL: nothing is said about it. */
void pki_paste(struct session *s, const char *what, void (*pasted)(struct session *s));
/* A trustpoint of the configuration; NULL: the terminal has been told. */
const struct fx_trustpoint *pki_trustpoint(struct exec *x, const char *name);

#endif
