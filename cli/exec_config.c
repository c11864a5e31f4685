/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about the two configurations: show, save, merge, erase, reload. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/filter.h"
#include "cli/session_int.h"
#include "flexvpn/startup.h"
#include "grammar/gen/exec.h"

/* ---- showing
 * ----------------------------------------------------------------------------------------------------------
 */

/* The lines of a configuration: as text under `head`, or as a list of strings. */
static void print_lines(struct out *o, const char *text)
{
	struct strbuf line = {0};

	out_text(o, "%s", text);
	out_list(o, "lines");
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		sb_clear(&line);
		sb_add(&line, p, n);
		out_str(o, NULL, sb_str(&line));
		p += n + (p[n] == '\n');
	}
	out_list_end(o);
	sb_fini(&line);
}

static void print_config(struct out *o, const struct strbuf *body)
{
	out_obj(o, NULL);
	out_text(o, "Building configuration...\n\n");
	out_field_int(o, "bytes", "Current configuration : %lld bytes\n", (int64_t)body->len);
	print_lines(o, sb_str(body));
	out_text(o, "\n");
	out_obj_end(o);
}

static void whole(const struct cfg *c, bool all, struct strbuf *out)
{
	sb_puts(out, "!\n");
	cfg_print(c, all, out);
	sb_puts(out, "end\n");
}

static void show_section(struct exec *x, const char *expr, const struct strbuf *body)
{
	struct strbuf spec = {0}, text = {0};
	struct gr_diag d;
	struct filter *f;

	sb_printf(&spec, "section %s", expr);
	f = filter_new(sb_str(&spec), 0, &d);
	if (f) {
		filter_run(f, sb_str(body), &text);
		out_obj(x->o, NULL);
		print_lines(x->o, sb_str(&text));
		out_obj_end(x->o);
	} else {
		out_text(x->o, "%s\n", d.status == GR_REFUSED ? d.text : "% Incomplete command.");
		x->failed = true;
	}
	filter_free(f);
	sb_fini(&spec);
	sb_fini(&text);
}

static const struct cfg_node *interface_node(const struct cfg *c, const char *ifname)
{
	struct cfg_iter it;
	char want[64];

	snprintf(want, sizeof(want), "interface %s", ifname);
	for (const struct cfg_node *n = cfg_first(cfg_root(c), GR_NONE, &it); n; n = cfg_next(&it))
		if (strcmp(cfg_node_text(n), want) == 0)
			return n;
	return NULL;
}

static void show_interface(struct exec *x, const char *ifname)
{
	const struct cfg_node *n = interface_node(router_running(x->r), ifname);
	struct strbuf body = {0};

	if (!n) {
		out_text(x->o, "%% Invalid interface: %s is not configured\n", ifname);
		x->failed = true;
		return;
	}
	sb_puts(&body, "!\n");
	cfg_print_node(n, false, 0, &body);
	sb_puts(&body, "end\n");
	print_config(x->o, &body);
	sb_fini(&body);
}

void exec_show_running_config(struct exec *x, const struct gl_exec_show_running_config *a)
{
	struct strbuf body = {0};

	if (a->has_ifname) {
		show_interface(x, a->ifname);
		return;
	}
	whole(router_running(x->r), a->kw_all, &body);
	if (a->has_section)
		show_section(x, a->section, &body);
	else
		print_config(x->o, &body);
	sb_fini(&body);
}

void exec_write_terminal(struct exec *x, const struct gl_exec_write_terminal *a)
{
	struct strbuf body = {0};

	(void)a;
	whole(router_running(x->r), false, &body);
	print_config(x->o, &body);
	sb_fini(&body);
}

void exec_show_startup_config(struct exec *x, const struct gl_exec_show_startup_config *a)
{
	const struct cfg *c = router_startup(x->r);
	struct strbuf body = {0};

	(void)a;
	out_obj(x->o, NULL);
	if (c) {
		whole(c, false, &body);
		out_field_int(x->o, "bytes", "Using %lld", (int64_t)body.len);
		out_text(x->o, " out of %d bytes\n", FX_STARTUP_MAX);
		print_lines(x->o, sb_str(&body));
		out_text(x->o, "\n");
	} else {
		out_text(x->o, "startup-config is not present\n");
	}
	out_obj_end(x->o);
	sb_fini(&body);
}

/* ---- saving
 * ------------------------------------------------------------------------------------------------------------
 */

bool session_save(struct session *s)
{
	char why[200];

	session_printf(s, "Building configuration...\n");
	if (router_save(s->sh->router, why, sizeof(why))) {
		session_printf(s, "[OK]\n");
		archive_write_memory(s->sh);
		return true;
	}
	session_printf(s, "%% Error writing startup-config: %s\n", why);
	s->failed = true;
	return false;
}

void exec_write_memory(struct exec *x, const struct gl_exec_write_memory *a)
{
	(void)a;
	session_save(x->session);
}

/* ---- erasing and reloading
 * --------------------------------------------------------------------------------------------------
 */

/* A [confirm] prompt: Enter or `y` goes on, any other key ends it. */
static bool confirmed(const char *answer)
{
	return !*answer || *answer == 'y' || *answer == 'Y';
}

static void on_erase(struct session *s, const char *answer)
{
	char why[200];

	if (!confirmed(answer))
		return;
	if (router_erase(s->sh->router, why, sizeof(why))) {
		session_printf(s, "[OK]\nErase of nvram: complete\n");
		return;
	}
	session_printf(s, "%% Error erasing startup-config: %s\n", why);
	s->failed = true;
}

void exec_erase_startup(struct exec *x, const struct gl_exec_erase_startup *a)
{
	(void)a;
	session_ask(x->session, PROTO_PROMPT_KEY, on_erase,
	        "Erasing the nvram filesystem will remove the startup-config! Continue? [confirm]");
}

static void on_reload(struct session *s, const char *answer)
{
	struct shell *sh = s->sh;

	if (!confirmed(answer))
		return;
	log_msg(SYS_RELOAD);
	session_close(s, "");
	if (sh->quit)
		sh->quit(sh->ctx, SHELL_RELOAD);
}

static void ask_reload(struct session *s)
{
	session_ask(s, PROTO_PROMPT_KEY, on_reload, "Proceed with reload? [confirm]");
}

static void ask_save(struct session *s);

static void on_save_first(struct session *s, const char *answer)
{
	size_t n = strlen(answer);

	if (n && strncasecmp(answer, "yes", n) == 0) {
		if (session_save(s))
			ask_reload(s);
	} else if (strncasecmp(answer, "no", n) == 0 && (n || s->kind != PROTO_INTERACTIVE)) {
		ask_reload(s);
	} else {
		session_printf(s, "%% Please answer 'yes' or 'no'.\n");
		ask_save(s);
	}
}

static void ask_save(struct session *s)
{
	session_ask(
	        s, 0, on_save_first, "System configuration has been modified. Save? [yes/no]: ");
}

static void on_difference(void *ctx, unsigned depth, const char *command)
{
	bool *differs = ctx;

	(void)depth;
	(void)command;
	*differs = true;
}

void exec_reload(struct exec *x, const struct gl_exec_reload *a)
{
	const struct cfg *startup = router_startup(x->r);
	bool differs = !startup;

	(void)a;
	if (startup)
		cfg_diff(startup, router_running(x->r), on_difference, &differs);
	if (differs)
		ask_save(x->session);
	else
		ask_reload(x->session);
}
