/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a terminal, for session*.c and the EXEC commands about terminals (exec_*.c). */
#ifndef SPOKE_CLI_SESSION_INT_H
#define SPOKE_CLI_SESSION_INT_H

#include "base/log.h"
#include "cli/session.h"
#include "flexvpn/exec.h"

struct shell {
	struct router *router;
	void (*quit)(void *ctx, enum shell_quit how);
	void *ctx;
	struct session *sessions;
	uint64_t started; /* mono_ms() */
};

enum { PRIV_USER = 1, PRIV_MAX = 15, HISTORY_DEFAULT = 20, HISTORY_MAX = 256 };

/* The last lines of one kind of mode. */
struct history {
	char *line[HISTORY_MAX];
	size_t n, size;
};

/* A question that a script answers with its next line; not for the client. */
enum { ASK_LINE = 0x100 };

typedef void (*answer_fn)(struct session *s, const char *answer);

struct session {
	struct session *next;
	struct shell *sh;
	const struct session_io *io;
	void *ctx;
	struct strbuf frames; /* not yet handed to io->send */
	enum proto_kind kind;
	unsigned number; /* vtyN */
	char user[33];
	uint64_t since, active; /* mono_ms() */
	unsigned line_no;       /* lines received, for scripts */
	bool more;              /* the line in hand has others behind it */
	bool failed, closing;
	size_t prompt_len; /* of the last one said: where a caret line begins */
	bool left_config;  /* to be logged after the prompt */

	uint8_t priv;
	struct cfg_editor *ed; /* NULL: EXEC */
	bool *warned;          /* by line id: said once that it is kept without effect */

	uint16_t columns, rows; /* 0: no limit */
	bool columns_set, rows_set;
	struct log_sink *monitor;
	struct history exec_history, config_history;

	/* A question that waits for its answer. */
	char ask[160];
	unsigned ask_flags;
	answer_fn ask_fn;
	unsigned ask_tries; /* the enable secret: left, and what it is for */
	uint8_t ask_level;
	char *eap_profile, *eap_name; /* crypto eap credentials */
};

/* session.c */
const char *shell_hostname(const struct shell *sh);
void session_printf(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void session_print(struct session *s, const char *text, size_t n);
/* Ask once the command in hand has printed. Scripts are not asked: the default answer "" is taken,
 * except for NOECHO. */
void session_ask(struct session *s, unsigned flags, answer_fn fn, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void session_configure(struct session *s); /* EXEC → global configuration */
void session_leave_config(struct session *s);
void session_close(struct session *s, const char *why);
void session_terminal(struct session *s); /* tell the client the size in force */
void session_monitor(struct session *s, bool on);
const char *session_prompt(const struct session *s, struct strbuf *out);
/* A refused line on the terminal. `shift` is where the text of `d` begins within `line`. */
void session_refuse(struct session *s, const struct gr_diag *d, const char *line, size_t shift);

/* session_exec.c: an EXEC command that begins at offset `at` of `line`. */
void session_exec(struct session *s, const char *line, size_t at);

/* secret.c: the enable secret */
bool secret_wanted(const struct shell *sh);           /* there is one */
void secret_enable(struct session *s, uint8_t level); /* asks, if it must */
void secret_hash_entered(
        struct cfg_editor *ed); /* the line just accepted holds a clear one: hash it */

/* history.c */
void history_init(struct history *h);
void history_fini(struct history *h);
void history_add(struct history *h, const char *line);
void history_resize(struct history *h, size_t size);

#endif
