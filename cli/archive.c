/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `archive`: configurations kept as files, the log of configuration commands, and changes that are
 * undone unless somebody confirms them. What is kept is what lies in flash: under the archive's
 * name, so the list survives a restart.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "cli/session_int.h"
#include "flexvpn/startup.h"
#include "grammar/gen/lines.h"

enum { MINUTE = 60 * 1000, MAXIMUM_DEFAULT = 10, LOG_DEFAULT = 100 };

/* ---- settings ------------------------------------------------------------------------------- */

static const struct cfg_tree *section(const struct cfg_tree *t, int line)
{
	const struct cfg_node *n = cfg_find(t, line, NULL);

	return n ? cfg_children(n) : NULL;
}

static bool has(const struct cfg_tree *t, int line)
{
	return t && cfg_find(t, line, NULL) != NULL;
}

static void read_archive(const struct cfg_tree *t, struct arena *a, struct archive_settings *set)
{
	const struct cfg_node *path = cfg_find(t, GR_L_archive_path, NULL);
	const struct cfg_node *maximum = cfg_find(t, GR_L_archive_maximum, NULL);
	const struct cfg_node *period = cfg_find(t, GR_L_archive_time_period, NULL);
	struct gl_archive_path lp;
	struct gl_archive_maximum lm;
	struct gl_archive_time_period lt;

	if (path && cfg_node_decode(path, a, &lp, sizeof(lp))) {
		struct file_ref f = file_named(lp.url);

		set->on = f.kind == FILE_FLASH || strchr(lp.url, '$');
		const char *colon = strchr(lp.url, ':');

		set->path = colon ? colon + 1 + strspn(colon + 1, "/") : lp.url;
	}
	if (maximum && cfg_node_decode(maximum, a, &lm, sizeof(lm)))
		set->maximum = lm.count;
	if (period && cfg_node_decode(period, a, &lt, sizeof(lt)))
		set->period = lt.minutes;
	set->write_memory = has(t, GR_L_archive_write_memory);
}

static void read_log(const struct cfg_tree *t, struct arena *a, struct archive_settings *set)
{
	const struct cfg_node *size = t ? cfg_find(t, GR_L_archive_log_logging_size, NULL) : NULL;
	struct gl_archive_log_logging_size ls;

	set->log = has(t, GR_L_archive_log_logging_enable);
	set->notify = has(t, GR_L_archive_log_notify_syslog);
	if (size && cfg_node_decode(size, a, &ls, sizeof(ls)))
		set->log_size = ls.entries;
}

struct archive_settings archive_settings(const struct shell *sh, struct arena *a)
{
	struct archive_settings set = {.maximum = MAXIMUM_DEFAULT, .log_size = LOG_DEFAULT};
	const struct cfg_tree *t = section(cfg_root(shell_running(sh)), GR_L_global_archive);

	if (t) {
		read_archive(t, a, &set);
		read_log(section(t, GR_L_archive_archive_log), a, &set);
	}
	return set;
}

/* ---- kept configurations -------------------------------------------------------------------- */

static void stamp(char out[40])
{
	uint64_t now = wall_ms();
	time_t t = (time_t)(now / 1000);
	struct tm tm;
	char text[24];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%b-%d-%H-%M-%S", &tm);
	snprintf(out, 40, "%s.%03u", text, (unsigned)(now % 1000));
}

/* The name up to the number: `$h` and `$t` replaced, the time at the end where it is not named.
 * Without `stamped` it ends in front of the time: what all files of the archive begin with. */
void archive_prefix(const struct shell *sh, const struct archive_settings *set, bool stamped,
        char out[FILE_NAME_MAX])
{
	struct strbuf sb = {0};
	bool timed = false;
	char time[40];

	stamp(time);
	for (const char *p = set->path; *p; p++) {
		if (p[0] != '$' || (p[1] != 'h' && p[1] != 't')) {
			sb_putc(&sb, *p);
			continue;
		}
		p++;
		if (*p == 'h')
			sb_puts(&sb, shell_hostname(sh));
		else if (!stamped)
			break;
		else
			sb_puts(&sb, time);
		timed |= *p == 't';
	}
	if (!timed && !strstr(set->path, "$t"))
		sb_printf(&sb, "-%s", stamped ? time : "");
	snprintf(out, FILE_NAME_MAX, "%s", sb_str(&sb));
	sb_fini(&sb);
}

/* The number at the end of an archived file's name; -1: the name is none. */
static long number_of(const char *name)
{
	const char *dash = strrchr(name, '-');

	if (!dash || !isdigit((unsigned char)dash[1]) || strlen(dash + 1) > 6 ||
	        dash[1 + strspn(dash + 1, "0123456789")])
		return -1;
	return strtol(dash + 1, NULL, 10);
}

static int by_age(const void *a, const void *b)
{
	long x = number_of(((const struct file_entry *)a)->name),
	     y = number_of(((const struct file_entry *)b)->name);

	return x < y ? -1 : x > y;
}

struct file_entry *archive_list(
        const struct shell *sh, const struct archive_settings *set, size_t *n, unsigned *next)
{
	char prefix[FILE_NAME_MAX];
	size_t all = 0;
	struct file_entry *list = file_list(sh, &all);

	*n = 0;
	archive_prefix(sh, set, false, prefix);
	for (size_t i = 0; i < all; i++)
		if (strncmp(list[i].name, prefix, strlen(prefix)) == 0 &&
		        number_of(list[i].name) >= 0)
			list[(*n)++] = list[i];
	if (*n)
		qsort(list, *n, sizeof(*list), by_age);
	*next = *n ? (unsigned)number_of(list[*n - 1].name) + 1 : 0;
	return list;
}

static void drop_surplus(const struct shell *sh, const struct archive_settings *set,
        const struct file_entry *list, size_t n)
{
	char why[100];

	for (size_t i = 0; i < n && n - i >= set->maximum; i++) {
		struct file_ref old = {.kind = FILE_FLASH};

		snprintf(old.name, sizeof(old.name), "%s", list[i].name);
		if (!file_delete(sh, &old, why, sizeof(why)))
			log_msg(SYS_ARCHIVE, old.name, why);
	}
}

bool archive_save(struct shell *sh, char name[FILE_NAME_MAX + 8], char *why, size_t n)
{
	struct arena a;
	struct file_ref running = {.kind = FILE_RUNNING}, to = {.kind = FILE_FLASH};
	char prefix[FILE_NAME_MAX], buf[FILE_NAME_MAX + 8];
	struct file_entry *list = NULL;
	size_t kept;
	unsigned next;
	bool ok = false;

	arena_init(&a);
	struct archive_settings set = archive_settings(sh, &a);

	if (!set.on) {
		snprintf(why, n, "the archive has no path");
		arena_fini(&a);
		return false;
	}
	list = archive_list(sh, &set, &kept, &next);
	archive_prefix(sh, &set, true, prefix);
	snprintf(to.name, sizeof(to.name), "%.100s-%u", prefix, next);
	char *text = file_read(sh, &running, why, n);

	if (text) {
		ok = file_write(sh, &to, text, false, why, n);
		wipe(text, strlen(text));
		free(text);
	}
	if (ok)
		drop_surplus(sh, &set, list, kept);
	if (name)
		snprintf(name, FILE_NAME_MAX + 8, "%s", file_text(&to, buf));
	free(list);
	arena_fini(&a);
	return ok;
}

void archive_write_memory(struct shell *sh)
{
	char why[200], name[FILE_NAME_MAX + 8] = "";
	struct arena a;

	arena_init(&a);
	bool wanted = archive_settings(sh, &a).write_memory;

	arena_fini(&a);
	if (wanted && !archive_save(sh, name, why, sizeof(why)))
		log_msg(SYS_ARCHIVE, name, why);
}

/* ---- the log of commands -------------------------------------------------------------------- */

static void drop_oldest(struct shell *sh)
{
	free(sh->logged[0].who);
	free(sh->logged[0].text);
	memmove(sh->logged, sh->logged + 1, --sh->n_logged * sizeof(*sh->logged));
}

void archive_log_clear(struct shell *sh)
{
	while (sh->n_logged)
		drop_oldest(sh);
	free(sh->logged);
	sh->logged = NULL;
}

void archive_log_command(struct session *s, const char *line)
{
	struct shell *sh = s->sh;
	struct arena a;
	char who[64];

	arena_init(&a);
	struct archive_settings set = archive_settings(sh, &a);

	arena_fini(&a);
	if (!set.log)
		return;
	line += strspn(line, " \t");
	const char *text = fx_mask_secrets(line);

	while (sh->n_logged >= set.log_size)
		drop_oldest(sh);
	snprintf(who, sizeof(who), "%s@vty%u", s->user, s->number);
	sh->logged = xrealloc(sh->logged, (sh->n_logged + 1) * sizeof(*sh->logged));
	sh->logged[sh->n_logged++] = (struct logged_command){.number = ++sh->logged_total,
	        .session = s->number,
	        .who = xstrdup(who),
	        .text = xstrdup(text)};
	if (set.notify)
		log_msg(PARSER_CFGLOG_LOGGEDCMD, s->user, text);
}

/* ---- changes that wait for their confirmation ----------------------------------------------- */

static void rollback_clear(struct shell *sh)
{
	cfg_unref(sh->rollback.to);
	sh->rollback = (struct rollback){0};
	shell_arm(sh);
}

void rollback_start(struct session *s, unsigned minutes, bool idle)
{
	struct shell *sh = s->sh;
	struct rollback *r = &sh->rollback;
	char why[200];

	if (!r->to) {
		r->to = cfg_ref(shell_running(sh));
		if (archive_save(sh, r->name, why, sizeof(why)))
			log_msg(ARCHIVE_DIFF_ROLLBK_CNFMD_CHG_BACKUP, r->name);
		else
			snprintf(r->name, sizeof(r->name), "memory");
	}
	r->minutes = minutes;
	r->idle = idle;
	r->warned = false;
	r->at = mono_ms() + (uint64_t)minutes * MINUTE;
	log_msg(ARCHIVE_DIFF_ROLLBK_CNFMD_CHG_START_ABSTIMER, s->user, r->name, minutes);
	shell_arm(sh);
}

void rollback_touch(struct shell *sh)
{
	struct rollback *r = &sh->rollback;

	if (!r->to || !r->idle)
		return;
	r->at = mono_ms() + (uint64_t)r->minutes * MINUTE;
	r->warned = false;
	shell_arm(sh);
}

bool rollback_confirm(struct session *s)
{
	if (!s->sh->rollback.to)
		return false;
	log_msg(ARCHIVE_DIFF_ROLLBK_CNFMD_CHG_CONFIRM, s->user);
	rollback_clear(s->sh);
	return true;
}

void rollback_now(struct shell *sh)
{
	struct cfg *to = sh->rollback.to;

	if (!to)
		return;
	log_msg(ARCHIVE_DIFF_ROLLBK_CNFMD_CHG_ROLLBACK_START, sh->rollback.name);
	sh->rollback.to = NULL;
	rollback_clear(sh);
	shell_commit(sh, to, false);
	cfg_unref(to);
	log_msg(SYS_CONFIG_R);
}

/* ---- time ----------------------------------------------------------------------------------- */

static uint64_t warn_at(const struct rollback *r)
{
	return r->minutes > 1 && !r->warned ? r->at - MINUTE : r->at;
}

static uint64_t period_at(const struct shell *sh)
{
	struct arena a;

	arena_init(&a);
	struct archive_settings set = archive_settings(sh, &a);

	arena_fini(&a);
	if (!set.on || !set.period)
		return UINT64_MAX;
	uint64_t last = sh->archived > sh->started ? sh->archived : sh->started;

	return last + (uint64_t)set.period * MINUTE;
}

uint64_t archive_deadline(const struct shell *sh)
{
	uint64_t at = period_at(sh);

	if (sh->rollback.to && warn_at(&sh->rollback) < at)
		at = warn_at(&sh->rollback);
	return at;
}

void archive_tick(struct shell *sh, uint64_t now)
{
	struct rollback *r = &sh->rollback;
	char why[200], name[FILE_NAME_MAX + 8] = "";

	if (now >= period_at(sh)) {
		sh->archived = now;
		if (!archive_save(sh, name, why, sizeof(why)))
			log_msg(SYS_ARCHIVE, name, why);
	}
	if (!r->to || now < warn_at(r))
		return;
	if (now >= r->at) {
		rollback_now(sh);
		return;
	}
	r->warned = true;
	log_msg(ARCHIVE_DIFF_ROLLBK_CNFMD_CHG_WARNING_ABSTIMER, r->name);
}
