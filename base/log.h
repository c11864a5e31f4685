/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the router says: syslog messages and debug lines.
 *
 * Messages live in one list (msg.def): facility, severity, mnemonic and format stand there once,
 * and tests, documents and code agree. A message becomes `%FACILITY-SEV-MNEMONIC: text`; a debug
 * line has no such head. Both go to the buffer that `show logging` prints and to every sink (a
 * terminal with `terminal monitor`, the console, the journal).
 *
 * Neither ever carries a secret.
 */
#ifndef SPOKE_BASE_LOG_H
#define SPOKE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_sev {
	LOG_SEV_EMERG,
	LOG_SEV_ALERT,
	LOG_SEV_CRIT,
	LOG_SEV_ERR,
	LOG_SEV_WARN,
	LOG_SEV_NOTICE,
	LOG_SEV_INFO,
	LOG_SEV_DEBUG
};

#define MSG(fac, sev, mnem, fmt) MSG_##fac##_##mnem,
enum msg_id {
#include "base/msg.def"
	MSG_MAX
};
#undef MSG

/* The formats, as constants, so that the compiler checks the arguments of every log_msg(). */
#define MSG(fac, sev, mnem, fmt)                                                                   \
	__attribute__((unused)) static const char MSGF_##fac##_##mnem[] = fmt;
#include "base/msg.def"
#undef MSG

/* log_msg(FLEXVPN_FLEXVPN_CONNECTION_UP, args...): FACILITY_MNEMONIC as in msg.def. */
#define log_msg(name, ...) log_emit(MSG_##name, MSGF_##name __VA_OPT__(, ) __VA_ARGS__)
void log_emit(enum msg_id id, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line for people, without such a head: it asks the operator for something. */
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Debug categories: one bit each, switched by `debug …`. */
enum dbg_cat {
	DBG_IKEV2 = 1 << 0,          /* debug crypto ikev2 */
	DBG_IKEV2_ERROR = 1 << 1,    /* … error */
	DBG_IKEV2_INTERNAL = 1 << 2, /* … internal */
	DBG_IKEV2_PACKET = 1 << 3,   /* … packet */
	DBG_FLEXVPN = 1 << 4,        /* debug crypto ikev2 client flexvpn */
	DBG_IPSEC = 1 << 5,          /* debug crypto ipsec */
	DBG_RECONCILE = 1 << 6,      /* debug platform reconcile */
};
bool dbg_on(enum dbg_cat c);
void dbg_set(enum dbg_cat c, bool on);
void dbg_clear_all(void);
void dbg(enum dbg_cat c, const char *fmt, ...)
        __attribute__((format(printf, 2, 3))); /* nothing unless dbg_on(c) */

/* A line as sinks get it: whole, with its timestamp, without newline. */
typedef void (*log_sink_fn)(void *ctx, enum log_sev sev, const char *line);
struct log_sink; /* a registration */
struct log_sink *log_sink_add(log_sink_fn fn, void *ctx, enum log_sev max);
void log_sink_level(struct log_sink *s, int max);  /* an enum log_sev, or -1: nothing */
uint64_t log_sink_count(const struct log_sink *s); /* lines it got; NULL: 0 */
void log_sink_remove(struct log_sink *s);          /* accepts NULL */

/* What is kept for `show logging`: lines up to this severity (-1: none), the newest `bytes` octets
 * of them. */
enum { LOG_BUFFER_BYTES = 64 * 1024 };
void log_buffer_set(int max, size_t bytes);
/* The kept lines, oldest first. */
void log_buffer_each(void (*fn)(void *ctx, const char *line), void *ctx);
void log_buffer_clear(void);
uint64_t log_count(void); /* messages since start */

/* `service timestamps`: how a line is stamped. */
enum log_stamp { LOG_STAMP_NONE, LOG_STAMP_UPTIME, LOG_STAMP_DATETIME, LOG_STAMP_DATETIME_MSEC };
void log_stamp_set(enum log_stamp log, enum log_stamp debug);
/* … with the year, with the time zone; and a number in front of each line: `service
 * sequence-numbers`. */
enum { LOG_STAMP_YEAR = 1, LOG_STAMP_ZONE = 2 };
void log_stamp_parts(unsigned log, unsigned debug, bool sequence);
/* "*Nov 23 20:15:20.118" of a wall-clock time; the mark is `*` while nothing vouches for the clock.
 */
const char *log_time_fmt(uint64_t unix_ms, bool msec, char buf[40]);
/* "*20:15:20.118 UTC Mon Nov 23 2026", as `show clock` has it; with the same mark. */
const char *log_date_fmt(uint64_t unix_ms, bool msec, char buf[40]);
uint64_t wall_ms(void); /* Unix time, milliseconds */
uint64_t mono_ms(void); /* CLOCK_MONOTONIC, milliseconds */

#endif
