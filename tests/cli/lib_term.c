/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals without sockets: see lib_term.h. */
#include "lib_term.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* ---- the router
 * ------------------------------------------------------------------------------------------------------
 */

static void on_quit(void *ctx, enum shell_quit how)
{
	struct box *b = ctx;

	(void)how;
	b->quits++;
}

void box_init(struct box *b)
{
	char why[200] = "";

	*b = (struct box){0};
	snprintf(b->dir, sizeof(b->dir), "/tmp/spoke-cli-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->startup, sizeof(b->startup), "%s/startup-config", b->dir);
	assert_int_equal(uv_loop_init(&b->loop), 0);
	b->router = router_new(
	        &(struct router_opts){
	                .dataplane = "fake", .loop = &b->loop, .startup_path = b->startup},
	        why, sizeof(why));
	if (!b->router)
		fail_msg("router: %s", why);
	b->shell = shell_new(&(struct shell_opts){.router = b->router,
	        .loop = &b->loop,
	        .state_dir = b->dir,
	        .quit = on_quit,
	        .ctx = b});
}

static void remove_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char file[512];

	while (d && (e = readdir(d))) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.')
			unlink(file);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static void remove_dir(const char *path)
{
	char flash[128];

	snprintf(flash, sizeof(flash), "%s/flash", path);
	remove_files(flash);
	remove_files(path);
}

void box_fini(struct box *b)
{
	shell_free(b->shell);
	router_free(b->router);
	uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	remove_dir(b->dir);
	dbg_clear_all();
	log_buffer_clear();
}

/* ---- terminals
 * --------------------------------------------------------------------------------------------------------
 */

static void on_prompt(struct term *t, struct rd *body)
{
	t->prompt_flags = rd_u8(body);
	assert_true(proto_text(body, t->prompt, sizeof(t->prompt)));
	t->prompts++;
}

static void on_frame(struct term *t, struct proto_frame *f)
{
	struct span s;

	switch (f->type) {
	case PROTO_PROMPT:
		on_prompt(t, &f->body);
		return;
	case PROTO_DONE:
		t->status = rd_u8(&f->body);
		return;
	case PROTO_TERMINAL:
		t->columns = rd_u16(&f->body);
		t->rows = rd_u16(&f->body);
		return;
	case PROTO_COMPLETION:
		t->status = rd_u8(&f->body);
		break;
	case PROTO_CLOSE:
		t->closed = true;
		break;
	default:
		break;
	}
	s = rd_rest(&f->body);
	sb_add(&t->out, s.p, s.n);
}

static void io_send(void *ctx, const void *frames, size_t n)
{
	struct term *t = ctx;
	struct proto_frame f;

	proto_in_add(&t->in, frames, n);
	while (proto_in_next(&t->in, &f))
		on_frame(t, &f);
	assert_false(t->in.bad);
}

static void io_log(void *ctx, const char *line)
{
	struct term *t = ctx;

	sb_printf(&t->log, "%s\n", line);
}

static const struct session_io io = {.send = io_send, .log = io_log};

void term_open(struct term *t, struct box *b, enum proto_kind kind)
{
	*t = (struct term){.status = -1};
	t->s = session_new(b->shell, &io, t, kind, "admin", true);
	assert_non_null(t->s);
}

void term_close(struct term *t)
{
	session_free(t->s);
	proto_in_fini(&t->in);
	sb_fini(&t->out);
	sb_fini(&t->log);
}

static void clear(struct term *t)
{
	sb_clear(&t->out);
	sb_clear(&t->log);
	t->status = -1;
}

const char *say_flags(struct term *t, const char *line, unsigned flags)
{
	clear(t);
	session_line(t->s, line, flags);
	return sb_str(&t->out);
}

const char *say(struct term *t, const char *line)
{
	return say_flags(t, line, 0);
}

const char *help(struct term *t, const char *text)
{
	clear(t);
	session_help(t->s, text);
	return sb_str(&t->out);
}

const char *complete(struct term *t, const char *text)
{
	clear(t);
	session_complete(t->s, text);
	return t->status == 1 ? sb_str(&t->out) : NULL;
}

const char *paste(struct term *t, const char *const *lines, size_t n)
{
	clear(t);
	for (size_t i = 0; i < n; i++)
		session_line(t->s, lines[i], i + 1 < n ? PROTO_LINE_MORE : 0);
	return sb_str(&t->out);
}
