/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a terminal, for session*.c and the EXEC commands about terminals (exec_*.c). */
#ifndef SPOKE_CLI_SESSION_INT_H
#define SPOKE_CLI_SESSION_INT_H

#include "base/log.h"
#include "cli/files.h"
#include "cli/session.h"
#include "flexvpn/exec.h"
#include "grammar/raw.h"

/* A configuration command that `archive` / `log config` keeps. */
struct logged_command {
	uint64_t number;
	unsigned session;
	char *who, *text;
};

/* Severities; -1: nothing. */
struct log_settings {
	int buffered, console, monitor, trap;
	unsigned facility;
	size_t bytes;
};

/* A change that is undone unless somebody confirms it. */
struct rollback {
	struct cfg *to; /* NULL: there is none */
	char name[FILE_NAME_MAX + 8];
	uint64_t at; /* mono_ms() when it is undone */
	unsigned minutes;
	bool idle, warned;
};

/* `reload in`, `reload at`. */
struct planned_reload {
	uint64_t at; /* mono_ms(); 0: there is none */
	char who[48], reason[120];
};

struct shell {
	struct router *router;
	void (*quit)(void *ctx, enum shell_quit how);
	void *ctx;
	struct session *sessions;
	uint64_t started; /* mono_ms() */
	char *state_dir;  /* NULL: no files */
	uv_loop_t *loop;
	uv_timer_t timer;
	bool timer_open;

	struct log_settings log;
	struct log_sink *console; /* borrowed; NULL: there is none */
	struct syslog *syslog;    /* logging host; NULL: none */

	struct session *lock; /* who has the configuration to himself */
	struct rollback rollback;
	struct planned_reload planned;
	uint64_t archived; /* mono_ms() of the last configuration that `time-period` kept */
	struct logged_command *logged;
	size_t n_logged;
	uint64_t logged_total;
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

/* Ends a command that goes on: `gone` when its terminal is gone, else it prints what is to be said
 * and calls session_go_on(). */
typedef void (*task_fn)(struct session *s, void *task, bool gone);

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
	bool stamped;      /* terminal exec prompt timestamp */
	bool full_help;    /* terminal full-help: what needs a higher level is shown too */
	bool no_editing;   /* terminal no editing */
	bool left_config;  /* to be logged after the prompt */

	uint8_t priv;
	struct cfg_editor *ed; /* NULL: EXEC */
	/* Of a candidate that waits for `commit`: the running configuration that it was begun from
	 * or last compared with. NULL: each line is in force at once. */
	struct cfg *compared;
	struct gr_raw raw; /* a banner that is being typed */
	bool *warned;      /* by line id: said once that it is kept without effect */

	uint16_t columns, rows;               /* 0: no limit */
	uint16_t window_columns, window_rows; /* as the client has them */
	bool columns_set, rows_set;
	struct log_sink *monitor;
	struct history exec_history, config_history;

	/* A question that waits for its answer. */
	char ask[160];
	unsigned ask_flags;
	answer_fn ask_fn;
	bool logging_in;    /* nothing but answers is taken */
	unsigned timeout;   /* exec-timeout in seconds; 0: none */
	unsigned ask_tries; /* the enable secret: left, and what it is for */
	uint8_t ask_level;
	char ask_ifname[40];          /* clear counters; "": all */
	char *eap_profile, *eap_name; /* crypto eap credentials */
	struct pki_dialog *pki;       /* crypto pki … */
	struct key_order *key;        /* crypto key … */
	/* The command in hand goes on (ping, traceroute, a name that is looked up); lines that come
	 * meanwhile wait. */
	task_fn task_end; /* NULL: there is none */
	void *task;
	struct waiting_line *waiting;
	struct dialog *dialog;         /* what a command's questions collect (dialog.h) */
	struct file_ref from, to;      /* copy, delete */
	uint64_t copy_start;           /* mono_ms() */
	struct planned_reload planned; /* that waits for [confirm] */
	struct cfg *target;            /* configure replace, with its options */
	unsigned replace_minutes;
	enum { REPLACE_ASKED, REPLACE_FORCED, REPLACE_TRIED } replace_how;
	bool replace_list;
};

/* shell.c */
const char *shell_hostname(const struct shell *sh);
const struct cfg *shell_running(const struct shell *sh);
/* A new running configuration, from a terminal or a timer: the shell's own settings in it take
 * effect too. */
void shell_commit(struct shell *sh, const struct cfg *c, bool more_pending);
void shell_arm(struct shell *sh); /* a deadline moved */
/* Who may configure: NULL, or the terminal that has the lock and is not `s`. */
const struct session *shell_locked(const struct shell *sh, const struct session *s);

/* session.c */
/* The command in hand goes on when its handler returns. May be called again for its next part. */
void session_task(struct session *s, task_fn end, void *task);
void session_go_on(struct session *s); /* the command that took time has ended */
void session_printf(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void session_flush(struct session *s); /* what was said so far is sent */
void session_print(struct session *s, const char *text, size_t n);
/* Ask once the command in hand has printed. Scripts are not asked: the default answer "" is taken,
 * except for NOECHO. */
void session_ask(struct session *s, unsigned flags, answer_fn fn, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void session_configure(struct session *s); /* EXEC → global configuration */
void session_leave_config(struct session *s);
void session_banner(struct session *s, int line); /* GR_L_global_banner_…, if there is one */
void session_close(struct session *s, const char *why);
void session_hang_up(struct session *s);  /* close, outside of a line */
void session_terminal(struct session *s); /* tell the client the settings in force */
void session_history(struct session *s, size_t lines);
void session_monitor(struct session *s, bool on);
const char *session_prompt(const struct session *s, struct strbuf *out);
/* A refused line on the terminal. `shift` is where the text of `d` begins within `line`. */
void session_refuse(struct session *s, const struct gr_diag *d, const char *line, size_t shift);

/* candidate.c: a configuration that waits for `commit` */
void candidate_begin(struct session *s);
void candidate_drop(struct session *s); /* accepts a terminal without one */
/* Asks what becomes of changes that are not committed, before configuration mode is left. False:
 * there are none. */
bool candidate_asks(struct session *s);

/* logging.c: what the `logging …` lines say, put into force */
void logging_configured(struct shell *sh);
void logging_stop(struct shell *sh);
const char *logging_level(int severity); /* "informational" */

/* archive.c: kept configurations, the log of commands, and changes that wait for their confirmation
 */
struct archive_settings {
	bool on, write_memory, log, notify;
	const char *path; /* without `flash:` */
	unsigned maximum, period, log_size;
};
struct archive_settings archive_settings(const struct shell *sh, struct arena *a);
/* Saves the running configuration; `name` (may be NULL) gets the file's. */
bool archive_save(struct shell *sh, char name[FILE_NAME_MAX + 8], char *why, size_t n);
/* What is kept, oldest first; the caller frees. `next` is the number of the next one. */
struct file_entry *archive_list(
        const struct shell *sh, const struct archive_settings *set, size_t *n, unsigned *next);
void archive_write_memory(struct shell *sh); /* saves too, if the archive says so */
void archive_prefix(const struct shell *sh, const struct archive_settings *set, bool stamped,
        char out[FILE_NAME_MAX]);
void archive_log_command(struct session *s, const char *line);
void archive_log_clear(struct shell *sh);
void rollback_start(struct session *s, unsigned minutes, bool idle);
void rollback_touch(struct shell *sh); /* a line was typed */
bool rollback_confirm(struct session *s);
void rollback_now(struct shell *sh);
uint64_t archive_deadline(const struct shell *sh); /* UINT64_MAX: none */
void archive_tick(struct shell *sh, uint64_t now);

/*
 * load.c: a file as a configuration, for the command in hand. `done` gets the snapshot, which is
 * its to unref, and the octets of the file; or NULL and why. Lines that are refused are printed,
 * and then there is no snapshot either, unless `keep` asks for the rest. With `base`, which can
 * only be the running configuration, the file is merged into it, a long one piece by piece: others
 * may configure meanwhile. `done` may be called before session_load() returns; otherwise the
 * command goes on as a task until then.
 */
typedef void (*loaded_fn)(struct session *s, struct cfg *c, size_t octets, const char *why);
void session_load(struct session *s, const struct file_ref *f, const struct cfg *base, bool keep,
        loaded_fn done);

/* exec_pki.c */
void pki_dialog_free(struct pki_dialog *d); /* accepts NULL */

/* session_exec.c: an EXEC command that begins at offset `at` of `line`. */
void session_exec(struct session *s, const char *line, size_t at);
/* What a command of this terminal's level prints; false: there is no such command. */
bool session_exec_into(struct session *s, const char *line, struct out *o);

/* exec_machine.c: what `terminal exec prompt timestamp` prints in front of a show command */
void machine_stamp(struct session *s);

/* reload.c: a reload at a later time */
uint64_t reload_deadline(const struct shell *sh); /* UINT64_MAX: none */
void reload_tick(struct shell *sh, uint64_t now);

/* secret.c: the enable secret */
bool secret_wanted(const struct shell *sh);                /* there is one, or an enable password */
bool secret_is(const struct shell *sh, const char *typed); /* or there is none */
void secret_enable(struct session *s, uint8_t level);      /* asks, if it must */
/* The line just accepted may hold a password in clear: hashed or hidden, as its kind wants. */
void secret_settle_entered(struct cfg_editor *ed);
/* The same for a whole configuration: a reference to it, or to what became of it. */
struct cfg *secret_settled(const struct cfg *c);

/* type6.c: with `password encryption aes` and a master key, keys in clear are written under it. As
 * for secrets above. */
struct cfg *type6_settled(const struct shell *sh, const struct cfg *c);
void type6_settle_entered(const struct shell *sh, struct cfg_editor *ed);

/* login.c: who is at the terminal */
void login_begin(struct session *s, bool trusted);
void login_again(struct session *s);             /* the question again, from its start */
uint64_t login_deadline(const struct shell *sh); /* of the next idle terminal; UINT64_MAX: none */
void login_configured(struct shell *sh);
void login_tick(struct shell *sh, uint64_t now);

/* exec_config.c: `write memory`, with what it prints */
bool session_save(struct session *s);

/* hostname.c: a host as it was typed, an address or a name. */
struct typed_host {
	const char *text; /* as typed; valid in host_fn() only */
	bool named;
	struct ipaddr addr; /* family 0: there is none, and the terminal has been told */
};
/* Calls `fn` with the address: at once, or when the name is looked up (family 0: any); the command
 * then goes on as a task until session_task() or session_go_on(). `state` is given to `fn`, or
 * freed. */
typedef void (*host_fn)(struct session *s, void *state, const struct typed_host *h);
void session_host(struct session *s, const char *text, int family, host_fn fn, void *state);

/* history.c */
void history_init(struct history *h);
void history_fini(struct history *h);
void history_add(struct history *h, const char *line);
void history_resize(struct history *h, size_t size);

#endif
