/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about files: copy, more, dir, delete. See files.h for what a name may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/secret.h"
#include "cli/session_int.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

static void fail(struct session *s, const char *doing, const struct file_ref *f, const char *why)
{
	char buf[FILE_NAME_MAX + 8];

	session_printf(s, "%%Error %s %s (%s)\n", doing, file_text(f, buf), why);
	s->failed = true;
}

/* `file prompt quiet`: nothing is asked. */
static bool quiet(const struct shell *sh)
{
	const struct cfg_node *n =
	        cfg_find(cfg_root(shell_running(sh)), GR_L_global_file_prompt, NULL);

	return n && strcmp(cfg_node_text(n), "file prompt quiet") == 0;
}

static bool yes(const char *answer)
{
	return !*answer || *answer == 'y' || *answer == 'Y';
}

/* ---- copy ----------------------------------------------------------------------------------- */

static void print_speed(struct session *s, size_t bytes, uint64_t start)
{
	uint64_t took = mono_ms() - start;

	session_printf(s, "%zu bytes copied in %u.%03u secs (%llu bytes/sec)\n", bytes,
	        (unsigned)(took / 1000), (unsigned)(took % 1000),
	        (unsigned long long)(bytes * 1000 / (took ? took : 1)));
}

/* Lines of the file that are refused are told and left out, as if they had been typed. */
static void merged(struct session *s, struct cfg *c, size_t octets, const char *why)
{
	if (c) {
		shell_commit(s->sh, c, false);
		print_speed(s, octets, s->copy_start);
	} else {
		fail(s, "opening", &s->from, why);
	}
	cfg_unref(c);
}

static void merge(struct session *s)
{
	const struct session *owner = shell_locked(s->sh, s);

	if (owner) {
		session_printf(s, "%% Configuration mode is locked by %s on vty%u\n", owner->user,
		        owner->number);
		s->failed = true;
		return;
	}
	session_load(s, &s->from, shell_running(s->sh), true, merged);
}

static void stored(struct session *s, struct cfg *c, size_t octets, const char *why)
{
	char wrong[200];

	(void)octets;
	if (!c)
		fail(s, "opening", &s->from, why);
	else if (router_store(s->sh->router, c, wrong, sizeof(wrong)))
		session_printf(s, "[OK]\n");
	else
		fail(s, "writing", &s->to, wrong);
	cfg_unref(c);
}

static void store(struct session *s)
{
	if (s->from.kind == FILE_RUNNING)
		session_save(s);
	else
		session_load(s, &s->from, NULL, true, stored);
}

static void write_file(struct session *s)
{
	uint64_t start = mono_ms();
	char why[200];
	char *text = file_read(s->sh, &s->from, why, sizeof(why));

	if (!text) {
		fail(s, "opening", &s->from, why);
		return;
	}
	if (file_write(s->sh, &s->to, text, false, why, sizeof(why)))
		print_speed(s, strlen(text), start);
	else
		fail(s, "writing", &s->to, why);
	wipe(text, strlen(text));
	free(text);
}

static void copy(struct session *s)
{
	s->copy_start = mono_ms();
	if (s->to.kind == FILE_RUNNING)
		merge(s);
	else if (s->to.kind == FILE_STARTUP)
		store(s);
	else
		write_file(s);
}

static void on_overwrite(struct session *s, const char *answer)
{
	if (yes(answer))
		copy(s);
}

static void copy_if_new(struct session *s)
{
	if (s->to.kind == FILE_FLASH && !quiet(s->sh) && file_exists(s->sh, &s->to)) {
		session_printf(s, "%%Warning:There is a file already existing with this name\n");
		session_ask(
		        s, PROTO_PROMPT_KEY, on_overwrite, "Do you want to over write? [confirm]");
	} else {
		copy(s);
	}
}

static void on_destination(struct session *s, const char *answer)
{
	answer += strspn(answer, " ");
	if (*answer) {
		struct file_ref f = file_named(answer);

		if (f.kind != s->to.kind || (f.kind == FILE_FLASH && !f.name[0])) {
			session_printf(
			        s, "%%Error: %s is not possible as a destination here\n", answer);
			s->failed = true;
			return;
		}
		s->to = f;
	}
	copy_if_new(s);
}

static const char *plain_name(const struct file_ref *f)
{
	return f->kind == FILE_RUNNING   ? "running-config"
	       : f->kind == FILE_STARTUP ? "startup-config"
	                                 : f->name;
}

/* `copy X flash:` takes the name of what is copied. */
static void complete_destination(struct session *s)
{
	if (s->to.kind == FILE_FLASH && !s->to.name[0])
		snprintf(s->to.name, sizeof(s->to.name), "%s", plain_name(&s->from));
}

void exec_copy(struct exec *x, const struct gl_exec_copy *a)
{
	struct session *s = x->session;

	s->from = file_named(a->has_from ? a->from : a->from_file);
	s->to = file_named(a->has_to ? a->to : a->to_file);
	complete_destination(s);
	if (s->from.kind == FILE_BAD || (s->from.kind == FILE_FLASH && !s->from.name[0]) ||
	        s->to.kind == FILE_BAD) {
		session_printf(
		        s, "%%Error: only files of flash: and the configurations can be copied\n");
		s->failed = true;
	} else if (s->from.kind == s->to.kind && s->from.kind != FILE_FLASH) {
		session_printf(s, "%%Error: a configuration cannot be copied to itself\n");
		s->failed = true;
	} else if (quiet(s->sh)) {
		copy(s);
	} else {
		session_ask(s, 0, on_destination, "Destination filename [%.100s]? ",
		        plain_name(&s->to));
	}
}

void exec_configure_memory(struct exec *x, const struct gl_exec_configure_memory *a)
{
	(void)a;
	x->session->from = (struct file_ref){.kind = FILE_STARTUP};
	merge(x->session);
}

/* ---- more, dir, delete ---------------------------------------------------------------------- */

void exec_more(struct exec *x, const struct gl_exec_more *a)
{
	struct file_ref f = file_named(a->file);
	char why[200] = "Invalid file name";
	char *text = f.kind == FILE_BAD ? NULL : file_read(x->session->sh, &f, why, sizeof(why));

	if (!text) {
		fail(x->session, "opening", &f, why);
		return;
	}
	out_obj(x->o, NULL);
	out_field_str(x->o, "text", "%s", text);
	out_obj_end(x->o);
	wipe(text, strlen(text));
	free(text);
}

static void list_file(struct out *o, size_t number, const struct file_entry *e)
{
	struct tm tm;
	char when[40];

	gmtime_r(&e->changed, &tm);
	strftime(when, sizeof(when), "%b %e %Y %H:%M:%S +00:00", &tm);
	out_obj(o, NULL);
	out_text(o, "%5zu  -rw-  ", number);
	out_field_int(o, "size", "%12lld  ", (int64_t)e->size);
	out_field_str(o, "changed", "%s  ", when);
	out_field_str(o, "name", "%s\n", e->name);
	out_obj_end(o);
}

static void list_space(struct exec *x)
{
	const char *dir = x->session->sh->state_dir;
	struct statvfs v = {0};

	if (!dir || statvfs(dir, &v) < 0)
		return;
	out_field_int(
	        x->o, "total", "\n%lld bytes total ", (int64_t)((uint64_t)v.f_blocks * v.f_frsize));
	out_field_int(
	        x->o, "free", "(%lld bytes free)\n", (int64_t)((uint64_t)v.f_bavail * v.f_frsize));
}

void exec_dir(struct exec *x, const struct gl_exec_dir *a)
{
	struct file_ref f =
	        a->has_file ? file_named(a->file) : (struct file_ref){.kind = FILE_FLASH};
	struct file_entry *list;
	bool any = false;
	size_t n;

	if (f.kind != FILE_FLASH) {
		session_printf(x->session, "%%Error opening %s (No such device)\n", a->file);
		x->failed = true;
		return;
	}
	list = file_list(x->session->sh, &n);
	out_obj(x->o, NULL);
	out_text(x->o, "Directory of flash:/%s\n\n", f.name);
	out_list(x->o, "files");
	for (size_t i = 0; i < n; i++)
		if (!f.name[0] || strcmp(f.name, list[i].name) == 0) {
			list_file(x->o, i + 1, &list[i]);
			any = true;
		}
	out_list_end(x->o);
	if (!any)
		out_text(x->o,
		        f.name[0] ? "%%Error opening flash:/%s (No such file or directory)\n"
		                  : "No files in directory%s\n",
		        f.name);
	x->failed = !any && f.name[0];
	list_space(x);
	out_obj_end(x->o);
	free(list);
}

static void delete_it(struct session *s)
{
	char why[200];

	if (!file_delete(s->sh, &s->to, why, sizeof(why)))
		fail(s, "deleting", &s->to, why);
}

static void on_delete_sure(struct session *s, const char *answer)
{
	if (yes(answer))
		delete_it(s);
}

static void ask_delete(struct session *s)
{
	session_ask(s, PROTO_PROMPT_KEY, on_delete_sure, "Delete flash:/%s? [confirm]", s->to.name);
}

static void on_delete_name(struct session *s, const char *answer)
{
	answer += strspn(answer, " ");
	if (*answer)
		s->to = file_named(answer);
	if (s->to.kind == FILE_FLASH && s->to.name[0])
		ask_delete(s);
	else
		fail(s, "deleting", &s->to, "Invalid file name");
}

void exec_delete(struct exec *x, const struct gl_exec_delete *a)
{
	struct session *s = x->session;

	s->to = file_named(a->file);
	if (s->to.kind != FILE_FLASH || !s->to.name[0])
		fail(s, "deleting", &s->to, "Invalid file name");
	else if (a->kw__force || quiet(s->sh))
		delete_it(s);
	else
		session_ask(s, 0, on_delete_name, "Delete filename [%s]? ", s->to.name);
}
