/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket: who may have it, bad frames, readers that do not read. */
#include "lib_term.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/server.h"

static struct box B;
static struct server *S;
static char path[96];

static int up(void **state)
{
	char why[200];

	(void)state;
	box_init(&B);
	snprintf(path, sizeof(path), "%s/deep/er/sock", B.dir);
	S = server_new(&B.loop, path, why, sizeof(why));
	if (!S || !server_serve(S, B.shell, why, sizeof(why)))
		fail_msg("%s", why);
	return 0;
}

static int down(void **state)
{
	char dir[128];

	(void)state;
	server_free(S);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(dir, sizeof(dir), "%s.lock", path);
	unlink(dir);
	for (int i = 0; i < 2; i++) {
		snprintf(dir, sizeof(dir), "%s/deep%s", B.dir, i ? "" : "/er");
		assert_int_equal(rmdir(dir), 0);
	}
	box_fini(&B);
	return 0;
}

/* ---- a client
 * ------------------------------------------------------------------------------------------------------------
 */

struct client {
	int fd;
	struct proto_in in;
	struct strbuf text;
	unsigned prompts, logs;
	bool closed, gone;
};

static void open_client(struct client *c)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	*c = (struct client){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	assert_true(c->fd >= 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
}

static void close_client(struct client *c)
{
	close(c->fd);
	proto_in_fini(&c->in);
	sb_fini(&c->text);
}

static void client_send(struct client *c, struct strbuf *frames)
{
	assert_int_equal(send(c->fd, frames->s, frames->len, MSG_NOSIGNAL), frames->len);
	sb_fini(frames);
}

static void client_hello(struct client *c)
{
	struct strbuf f = {0};

	proto_put_hello(&f, PROTO_INTERACTIVE, 80, 24);
	client_send(c, &f);
}

static void client_line(struct client *c, const char *line)
{
	struct strbuf f = {0};

	proto_put_flagged(&f, PROTO_LINE, 0, line);
	client_send(c, &f);
}

static void client_read(struct client *c)
{
	char chunk[65536];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);
	struct proto_frame f;

	if (n == 0 || (n < 0 && errno != EAGAIN))
		c->gone = true;
	if (n > 0)
		proto_in_add(&c->in, chunk, (size_t)n);
	while (proto_in_next(&c->in, &f)) {
		struct span s = rd_rest(&f.body);

		c->prompts += f.type == PROTO_PROMPT;
		c->logs += f.type == PROTO_LOG;
		c->closed |= f.type == PROTO_CLOSE;
		if (f.type == PROTO_OUTPUT || f.type == PROTO_CLOSE || f.type == PROTO_LOG)
			sb_add(&c->text, s.p, s.n);
	}
}

/* Turns of the loop until the condition holds; a bound on turns, not on time, ends a test that
 * would hang. */
#define until(c, cond)                                                                             \
	do {                                                                                       \
		unsigned turns_ = 0;                                                               \
		while (!(cond)) {                                                                  \
			uv_run(&B.loop, UV_RUN_NOWAIT);                                            \
			client_read(c);                                                            \
			if (++turns_ > 200000)                                                     \
				fail_msg("never: %s", #cond);                                      \
		}                                                                                  \
	} while (0)

/* ---- the path
 * -------------------------------------------------------------------------------------------------------------
 */

static void a_live_socket_is_not_taken(void **state)
{
	char why[200] = "";
	struct stat st;

	(void)state;
	assert_null(server_new(&B.loop, path, why, sizeof(why)));
	assert_non_null(strstr(why, "another spoked serves"));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
}

static void a_dead_socket_is_replaced_and_a_file_is_not(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char why[200] = "", lock[128];
	struct server *other;
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/dead", B.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	other = server_new(&B.loop, sa.sun_path, why, sizeof(why));
	assert_non_null(other);
	server_free(other);

	fd = open(sa.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_null(server_new(&B.loop, sa.sun_path, why, sizeof(why)));
	assert_non_null(strstr(why, "is no socket"));
	assert_int_equal(stat(sa.sun_path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	snprintf(lock, sizeof(lock), "%s.lock", sa.sun_path);
	unlink(lock);
}

static void a_name_too_long_is_said(void **state)
{
	char longer[200], why[200] = "";

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_null(server_new(&B.loop, longer, why, sizeof(why)));
	assert_non_null(strstr(why, "too long"));
}

/* ---- conversations
 * -----------------------------------------------------------------------------------------------------------
 */

static void a_terminal_is_served_and_says_goodbye(void **state)
{
	struct client c;

	(void)state;
	open_client(&c);
	client_hello(&c);
	until(&c, c.prompts == 1);
	client_line(&c, "show privilege");
	until(&c, c.prompts == 2);
	assert_string_equal(sb_str(&c.text), "Current privilege level is 15\n");
	client_line(&c, "exit");
	until(&c, c.gone);
	assert_true(c.closed);
	close_client(&c);
}

static void put_bad(struct strbuf *f, unsigned which)
{
	static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 2};
	char line[PROTO_LINE_MAX + 2];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	switch (which) {
	case 0:
		sb_add(f, too_long, sizeof(too_long));
		break;
	case 1:
		proto_put(f, 200, "x", 1);
		break;
	case 2:
		proto_put(f, PROTO_OUTPUT, "x", 1); /* the server's own */
		break;
	case 3:
		proto_put(f, PROTO_LINE, NULL, 0);
		break;
	case 4:
		proto_put(f, PROTO_LINE, "\0a\0b", 4);
		break;
	case 5:
		proto_put_flagged(f, PROTO_LINE, 0, line);
		break;
	case 6:
		proto_put(f, PROTO_WINSIZE, "abc", 3);
		break;
	case 7:
		proto_put_hello(f, PROTO_SCRIPT, 80, 24); /* twice */
		break;
	default:
		proto_put(f, PROTO_HELP, "a\0b", 3);
	}
}

static void a_bad_frame_ends_the_connection_and_only_that(void **state)
{
	struct client good;

	(void)state;
	open_client(&good);
	client_hello(&good);
	until(&good, good.prompts == 1);
	for (unsigned i = 0; i < 9; i++) {
		struct strbuf f = {0};
		struct client c;

		open_client(&c);
		client_hello(&c);
		until(&c, c.prompts == 1);
		put_bad(&f, i);
		client_send(&c, &f);
		until(&c, c.gone);
		close_client(&c);
	}
	client_line(&good, "show logging | count TERMINAL.PROTOCOL");
	until(&good, good.prompts == 2);
	assert_string_equal(sb_str(&good.text), "Number of lines which match regexp = 9\n");
	close_client(&good);
}

static void nothing_is_heard_before_hello(void **state)
{
	struct client c;

	(void)state;
	open_client(&c);
	client_line(&c, "show version");
	until(&c, c.gone);
	assert_int_equal(c.prompts, 0);
	close_client(&c);
}

static void the_terminal_too_many_is_told(void **state)
{
	struct client many[SHELL_MAX_SESSIONS], c;

	(void)state;
	for (size_t i = 0; i < SHELL_MAX_SESSIONS; i++) {
		open_client(&many[i]);
		client_hello(&many[i]);
		until(&many[i], many[i].prompts == 1);
	}
	open_client(&c);
	client_hello(&c);
	until(&c, c.gone);
	assert_true(c.closed);
	assert_non_null(strstr(sb_str(&c.text), "too many terminals"));
	close_client(&c);
	for (size_t i = 0; i < SHELL_MAX_SESSIONS; i++)
		close_client(&many[i]);
}

/* ---- slow readers
 * ----------------------------------------------------------------------------------------------------------------
 */

static void log_lines_for_a_reader_that_does_not_read_are_dropped(void **state)
{
	enum { LINES = 20000 };
	struct client c;

	(void)state;
	open_client(&c);
	client_hello(&c);
	until(&c, c.prompts == 1);
	client_line(&c, "terminal monitor");
	until(&c, c.prompts == 2);
	for (unsigned i = 0; i < LINES; i++) {
		log_msg(SYS_CONFIG_I,
		        "a test of many words that fill the queue of a terminal nobody looks at");
		uv_run(&B.loop, UV_RUN_NOWAIT);
	}
	until(&c, strstr(sb_str(&c.text), "log lines were dropped)"));
	assert_true(c.logs < LINES);
	client_line(&c, "show privilege"); /* and it goes on */
	until(&c, c.prompts == 3);
	close_client(&c);
}

static void commands_wait_for_a_reader_that_does_not_read(void **state)
{
	enum { COMMANDS = 3000 };
	struct client c;
	unsigned sent = 0;
	struct strbuf f = {0};

	(void)state;
	open_client(&c);
	client_hello(&c);
	until(&c, c.prompts == 1);
	proto_put_flagged(&f, PROTO_LINE, 0, "show logging");
	for (unsigned idle = 0;
	        sent < COMMANDS && idle < 100;) { /* as much as fits while nothing is read */
		ssize_t n = send(c.fd, f.s, f.len, MSG_NOSIGNAL);

		assert_true(n == (ssize_t)f.len || (n < 0 && errno == EAGAIN));
		sent += n > 0;
		idle = n > 0 ? 0 : idle + 1;
		uv_run(&B.loop, UV_RUN_NOWAIT);
	}
	assert_true(sent < COMMANDS);     /* the server stopped reading: its memory is bounded */
	until(&c, c.prompts == 1 + sent); /* every answer comes once it is read */
	sb_fini(&f);
	close_client(&c);
}

#define T_(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T_(a_live_socket_is_not_taken),
	        T_(a_dead_socket_is_replaced_and_a_file_is_not),
	        T_(a_name_too_long_is_said),
	        T_(a_terminal_is_served_and_says_goodbye),
	        T_(a_bad_frame_ends_the_connection_and_only_that),
	        T_(nothing_is_heard_before_hello),
	        T_(the_terminal_too_many_is_told),
	        T_(log_lines_for_a_reader_that_does_not_read_are_dropped),
	        T_(commands_wait_for_a_reader_that_does_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
