/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One page over HTTP, for programs that collect numbers: GET and HEAD of /metrics, HTTP/1.0 and 1.1
 * (RFC 9112), one request a connection.
 *
 * Whoever reaches the address may ask; nothing it says changes anything. A request is at most
 * HTTPD_MAX_REQUEST octets and must come within HTTPD_PATIENCE_MS, its answer be taken within as
 * much again, and more than HTTPD_MAX_CONNECTIONS at a time are turned away. What is not exactly
 * as the standard has it is answered 400 (a line that ends in LF alone, a space before the colon, a
 * second Host, a body), other paths 404, other methods 405, a longer request 431, a slow one 408.
 */
#ifndef SPOKE_CLI_HTTPD_H
#define SPOKE_CLI_HTTPD_H

#include <uv.h>

#include "base/addr.h"
#include "base/mem.h"

enum { HTTPD_MAX_REQUEST = 4096, HTTPD_MAX_CONNECTIONS = 16, HTTPD_PATIENCE_MS = 10000 };

/* "127.0.0.1:9101", "[::1]:9101", "[::]:9101"; "9101" and ":9101" are of the loopback 127.0.0.1. */
bool httpd_address(const char *s, struct endpoint *out);

/* What a request that has come so far deserves: 0, more of it; else the status. `head`: send no
 * body. */
unsigned httpd_judge(const char *p, size_t n, bool *head);

struct httpd;

struct httpd_opts {
	uv_loop_t *loop;    /* borrowed; outlives the server */
	struct endpoint at; /* port 0: any that is free */
	void (*page)(void *ctx, struct strbuf *out);
	void *ctx;
	unsigned patience_ms; /* 0: HTTPD_PATIENCE_MS */
};

/* NULL: cannot listen there, and `why` says so. */
struct httpd *httpd_new(const struct httpd_opts *o, char *why, size_t n);
uint16_t httpd_port(const struct httpd *h);        /* that was given, where 0 was asked for */
unsigned httpd_connections(const struct httpd *h); /* that are open */
void httpd_free(struct httpd *h);                  /* cuts connections off; accepts NULL */

#endif
