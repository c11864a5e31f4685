/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `spokesh` and `spoked` say to each other over the Unix stream socket: frames of a length
 * (four octets, big-endian, of what follows), a type octet and a body. The client speaks first with
 * HELLO and then waits for a PROMPT; one LINE is answered by any number of OUTPUT frames, one DONE
 * and the next PROMPT. LOG frames may arrive at any time. Texts are not NUL-terminated.
 *
 * Whoever receives a frame that is too long, of an unknown type or of a wrong size closes the
 * connection: the two programs are of one release, so there is nothing to negotiate.
 */
#ifndef SPOKE_CLI_PROTO_H
#define SPOKE_CLI_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

enum { PROTO_VERSION = 1, PROTO_MAX = 64 * 1024, PROTO_LINE_MAX = 8192, PROTO_HEAD = 5 };

#define PROTO_DEFAULT_SOCKET "/run/spoke/spoked.sock"

enum proto_type {
	/* client → server */
	PROTO_HELLO = 1,     /* version u8, enum proto_kind u8, columns u16, rows u16 */
	PROTO_LINE = 2,      /* PROTO_LINE_* u8, text */
	PROTO_HELP = 3,      /* text up to the cursor */
	PROTO_COMPLETE = 4,  /* text up to the cursor */
	PROTO_INTERRUPT = 5, /* nothing */
	PROTO_WINSIZE = 6,   /* columns u16, rows u16 */
	/* server → client */
	PROTO_OUTPUT = 65,     /* text */
	PROTO_PROMPT = 66,     /* PROTO_PROMPT_* u8, text */
	PROTO_HELP_TEXT = 67,  /* text; the line being edited stays */
	PROTO_COMPLETION = 68, /* found u8, text: the line that replaces the one up to the cursor */
	PROTO_LOG = 69,        /* text: one line of the log, without newline */
	PROTO_DONE = 70,       /* status u8: 0 accepted, 1 refused */
	PROTO_TERMINAL = 71,   /* columns u16, rows u16 in force (0: no limit), lines of history
	                          u16, PROTO_TERMINAL_* u8 */
	PROTO_CLOSE = 72,      /* text: why, may be empty */
	PROTO_BUSY = 73,       /* nothing: the command goes on until it ends or INTERRUPT comes */
};

enum proto_kind { PROTO_INTERACTIVE, PROTO_SCRIPT, PROTO_COMMAND };

enum {
	PROTO_LINE_MORE = 1, /* more input follows at once: act on the configuration at the pause */
	PROTO_LINE_CTRL_Z = 2, /* then leave configuration */
};

enum { PROTO_TERMINAL_EDITING = 1 /* the keys of IOS edit the line */ };

enum {
	PROTO_PROMPT_CONFIG = 1, /* a configuration mode */
	PROTO_PROMPT_ASK = 2,    /* the prompt is a question; the next line is its answer */
	PROTO_PROMPT_NOECHO = 4,
	PROTO_PROMPT_KEY = 8,   /* one key answers */
	PROTO_PROMPT_TEXT = 16, /* text, not a command: `?`, Tab and Ctrl-C are characters of it */
};

/* One received frame, a view into the reader's buffer: valid until the next call. */
struct proto_frame {
	uint8_t type;
	struct rd body;
};

/* Collects octets and cuts frames from them. */
struct proto_in {
	uint8_t *p;
	size_t len, cap, at; /* octets held; storage; start of what is not yet consumed */
	bool bad;            /* a frame was too long: there is no way on */
};

void proto_in_fini(struct proto_in *in);
void proto_in_add(struct proto_in *in, const void *p, size_t n);
bool proto_in_next(struct proto_in *in, struct proto_frame *f);
/* The rest of the body as a string; false if it is longer than `size` - 1 or holds a NUL. */
bool proto_text(struct rd *body, char *dst, size_t size);

/* Append a frame to `out`. Texts longer than a frame holds are sent as several OUTPUT frames, or
 * cut for the other types. */
void proto_put(struct strbuf *out, uint8_t type, const void *p, size_t n);
void proto_put_u8(struct strbuf *out, uint8_t type, uint8_t v); /* DONE */
void proto_put_flagged(struct strbuf *out, uint8_t type, uint8_t v,
        const char *text); /* LINE, PROMPT, COMPLETION */
void proto_put_winsize(struct strbuf *out, uint16_t columns, uint16_t rows);
void proto_put_terminal(
        struct strbuf *out, uint16_t columns, uint16_t rows, uint16_t history, uint8_t flags);
void proto_put_hello(struct strbuf *out, enum proto_kind kind, uint16_t columns, uint16_t rows);
void proto_put_output(struct strbuf *out, const char *text, size_t n);

#endif
