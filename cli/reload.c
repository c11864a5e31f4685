/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reload at a later time: `reload in`, `reload at`, `reload cancel`, `show reload`. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/session_int.h"
#include "grammar/gen/exec.h"

enum { MINUTE_MS = 60000 };

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December"};

/* "12:05:00 UTC Tue Nov 24 2026" of a time of mono_ms(). */
static const char *when_fmt(uint64_t at, char buf[48])
{
	uint64_t now = mono_ms();
	time_t t = (time_t)((wall_ms() + (at > now ? at - now : 0)) / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, 48, "%H:%M:%S UTC %a %b %e %Y", &tm);
	return buf;
}

static const char *left_fmt(uint64_t at, char buf[64])
{
	uint64_t now = mono_ms(), s = at > now ? (at - now + 999) / 1000 : 0;

	if (s >= 3600)
		snprintf(buf, 64, "%llu hours and %llu minutes", (unsigned long long)(s / 3600),
		        (unsigned long long)(s / 60 % 60));
	else
		snprintf(buf, 64, "%llu minutes and %llu seconds", (unsigned long long)(s / 60),
		        (unsigned long long)(s % 60));
	return buf;
}

/* ---- when ----------------------------------------------------------------------------------- */

/* "90" or "1:30"; 0: neither. */
static unsigned minutes_of(const char *text)
{
	unsigned h = 0, m = 0;
	char more;

	if (sscanf(text, "%u:%u%c", &h, &m, &more) == 2)
		return m < 60 && h < 24 * 24 ? h * 60 + m : 0;
	return sscanf(text, "%u%c", &m, &more) == 1 && m <= 24 * 24 * 60 ? m : 0;
}

static int month_of(const char *name)
{
	for (int i = 0; name && i < (int)ARRAY_LEN(months); i++)
		if (strlen(name) >= 3 && strncasecmp(months[i], name, strlen(name)) == 0)
			return i;
	return -1;
}

/* Milliseconds from now to a time of day, today or tomorrow, or of a date; 0: it has passed. */
static uint64_t until(const struct gl_exec_reload_at *a)
{
	time_t now = (time_t)(wall_ms() / 1000), then;
	int month = a->has_month ? month_of(a->month) : -1;
	unsigned h = 0, m = 0;
	struct tm tm;

	gmtime_r(&now, &tm);
	sscanf(a->time, "%u:%u", &h, &m);
	tm.tm_hour = (int)h;
	tm.tm_min = (int)m;
	tm.tm_sec = 0;
	if (month >= 0) {
		if (month < tm.tm_mon)
			tm.tm_year++;
		tm.tm_mon = month;
		tm.tm_mday = (int)a->day;
	}
	then = timegm(&tm);
	if (month < 0 && then <= now)
		then += 24 * 3600;
	return then > now ? (uint64_t)(then - now) * 1000 : 0;
}

/* ---- the plan ------------------------------------------------------------------------------- */

static void on_confirm(struct session *s, const char *answer)
{
	struct planned_reload *p = &s->sh->planned;
	char text[48];

	if (*answer && *answer != 'y' && *answer != 'Y')
		return;
	*p = s->planned;
	log_msg(SYS_SCHEDULED_RELOAD, when_fmt(p->at, text), p->who, p->reason);
	shell_arm(s->sh);
}

static void plan(struct session *s, uint64_t ms, const char *reason)
{
	struct planned_reload *p = &s->planned;
	char when[48], left[64];

	p->at = mono_ms() + ms;
	snprintf(p->who, sizeof(p->who), "%.32s on vty%u", s->user, s->number);
	snprintf(p->reason, sizeof(p->reason), "%s", reason ? reason : "Reload Command");
	session_printf(s, "Reload scheduled for %s (in %s) by %s\nReload reason: %s\n",
	        when_fmt(p->at, when), left_fmt(p->at, left), p->who, p->reason);
	session_ask(s, PROTO_PROMPT_KEY, on_confirm, "Proceed with reload? [confirm]");
}

void exec_reload_in(struct exec *x, const struct gl_exec_reload_in *a)
{
	unsigned minutes = minutes_of(a->delay);

	if (!minutes) {
		out_text(x->o, "%% Invalid delay: MMM or HHH:MM, up to 24 days\n");
		x->failed = true;
		return;
	}
	plan(x->session, (uint64_t)minutes * MINUTE_MS, a->has_reason ? a->reason : NULL);
}

void exec_reload_at(struct exec *x, const struct gl_exec_reload_at *a)
{
	uint64_t ms = until(a);

	if (!ms) {
		out_text(x->o, "%% Invalid time: it has passed\n");
		x->failed = true;
		return;
	}
	plan(x->session, ms, NULL);
}

void exec_reload_cancel(struct exec *x, const struct gl_exec_reload_cancel *a)
{
	struct planned_reload *p = &x->session->sh->planned;
	char text[48];

	(void)a;
	if (!p->at) {
		out_text(x->o, "%%No reload is scheduled.\n");
		x->failed = true;
		return;
	}
	out_text(x->o, "\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n\n");
	log_msg(SYS_SCHEDULED_RELOAD_CANCELLED, when_fmt(p->at, text));
	*p = (struct planned_reload){0};
	shell_arm(x->session->sh);
}

void exec_show_reload(struct exec *x, const struct gl_exec_show_reload *a)
{
	const struct planned_reload *p = &x->session->sh->planned;
	char when[48], left[64];

	(void)a;
	out_obj(x->o, NULL);
	if (!p->at) {
		out_text(x->o, "No reload is scheduled.\n");
	} else {
		out_field_str(x->o, "at", "Reload scheduled for %s ", when_fmt(p->at, when));
		out_field_str(x->o, "in", "(in %s) ", left_fmt(p->at, left));
		out_field_str(x->o, "by", "by %s\n", p->who);
		out_field_str(x->o, "reason", "Reload reason: %s\n", p->reason);
	}
	out_obj_end(x->o);
}

uint64_t reload_deadline(const struct shell *sh)
{
	return sh->planned.at ? sh->planned.at : UINT64_MAX;
}

void reload_tick(struct shell *sh, uint64_t now)
{
	if (now < reload_deadline(sh))
		return;
	sh->planned = (struct planned_reload){0};
	log_msg(SYS_RELOAD);
	if (sh->quit)
		sh->quit(sh->ctx, SHELL_RELOAD);
}
