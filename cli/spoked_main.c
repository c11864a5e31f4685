/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spoked: the router process. Options, the signs of life towards whoever started it, signals; all
 * else is the router's and the terminals' business.
 *
 * It is confined before it reads a packet or a line (base/confine.h). SIGTERM and SIGINT end it
 * in order: sessions are deleted at the peers, devices and routes removed. SIGHUP is ignored: the
 * configuration is changed at a terminal, not by re-reading a file. Without --foreground it goes to
 * the background once it serves terminals, and fails visibly if it cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/httpd.h"
#include "cli/notify.h"
#include "cli/server.h"

#define DEFAULT_CONFIG "/etc/spoke/startup-config"
#define DEFAULT_STATE  "/var/lib/spoke"

struct options {
	const char *config, *socket, *state_dir, *dataplane, *vtysh;
	bool foreground, metrics;
	struct endpoint metrics_at;
};

struct daemon {
	struct options o;
	uv_loop_t loop;
	uv_signal_t term, interrupt, hup;
	uv_timer_t watchdog;
	struct router *router;
	struct shell *shell;
	struct server *server;
	struct httpd *metrics;
	struct log_sink *sink;
	int ready_fd; /* to the process that waits for us; -1: none */
	bool reload;
};

/* ---- options
 * ------------------------------------------------------------------------------------------------------------
 */

static void usage(FILE *to)
{
	fputs("Usage: spoked [OPTION]...\n"
	      "The router process of spoke; terminals are spokesh.\n\n"
	      "  --config FILE       startup-config (" DEFAULT_CONFIG ")\n"
	      "  --socket PATH       where terminals come to (" PROTO_DEFAULT_SOCKET ")\n"
	      "  --state-dir DIR     what outlives a restart (" DEFAULT_STATE ")\n"
	      "  --dataplane WHICH   auto, kernel, user, or fake (nothing leaves the process)\n"
	      "  --vtysh COMMAND     FRR's shell, for routing protocols (vtysh)\n"
	      "  --metrics ADDR:PORT numbers for Prometheus are read there, at /metrics\n"
	      "  --foreground        stay attached, log to standard error\n"
	      "  --help, --version\n\n"
	      "SIGTERM and SIGINT end it in order; SIGHUP is ignored.\n",
	        to);
}

static const struct option longopts[] = {
        {"config", required_argument, NULL, 'c'},
        {"socket", required_argument, NULL, 's'},
        {"state-dir", required_argument, NULL, 'd'},
        {"dataplane", required_argument, NULL, 'p'},
        {"vtysh", required_argument, NULL, 'v'},
        {"metrics", required_argument, NULL, 'm'},
        {"foreground", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
};

static bool known_dataplane(const char *s)
{
	static const char *const names[] = {"auto", "kernel", "user", "fake"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], s) == 0)
			return true;
	fprintf(stderr, "spoked: no data plane is called %s (auto, kernel, user, fake)\n", s);
	return false;
}

/* The background has another working directory. Lives as long as the process. */
static const char *absolute(const char *path)
{
	static struct arena keep;
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return path;
	return arena_printf(&keep, "%s/%s", cwd, path);
}

/* -1: run; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = absolute(optarg);
			break;
		case 's':
			o->socket = absolute(optarg);
			break;
		case 'd':
			o->state_dir = absolute(optarg);
			break;
		case 'p':
			o->dataplane = optarg;
			break;
		case 'v':
			o->vtysh = optarg;
			break;
		case 'm':
			o->metrics = httpd_address(optarg, &o->metrics_at);
			if (!o->metrics) {
				fprintf(stderr, "spoked: %s is no ADDR:PORT\n", optarg);
				return 2;
			}
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("spoked " SPOKE_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "spoked: unexpected argument %s\n", argv[optind]);
		return 2;
	}
	return known_dataplane(o->dataplane) ? -1 : 2;
}

/* ---- the process
 * ------------------------------------------------------------------------------------------------------------
 */

/* FRR's shell talks to daemons whose sockets are for this group. A service has it from its user;
 * root, which will not pass by permissions any more, takes it. */
static void join_frr(void)
{
	const struct group *g = geteuid() == 0 ? getgrnam("frrvty") : NULL;
	gid_t have[64];
	int n = g ? getgroups(ARRAY_LEN(have) - 1, have) : -1;

	if (n < 0)
		return;
	have[n] = g->gr_gid;
	if (setgroups((size_t)n + 1, have) < 0)
		syslog(LOG_WARNING, "group frrvty: %s", strerror(errno));
}

static void say(struct daemon *d, const char *why)
{
	if (d->ready_fd >= 0) {
		if (write(d->ready_fd, why, strlen(why)) < 0)
			syslog(LOG_ERR, "%s", why);
	} else {
		fprintf(stderr, "spoked: %s\n", why);
	}
}

/* The parent's part: wait for the child to close the pipe; what it wrote before is why it failed.
 */
static int wait_for_child(int fd)
{
	char why[512];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(why) - 1 &&
	        ((got = read(fd, why + n, sizeof(why) - 1 - n)) > 0 || (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	why[n] = '\0';
	if (n == 1 && why[0] == '\n')
		return 0;
	fprintf(stderr, "spoked: %s\n", n ? why : "ended while starting");
	return 1;
}

/* Into the background, with a pipe on which the caller learns how it went. */
static void go_background(struct daemon *d)
{
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		perror("spoked");
		exit(1);
	}
	if (pid > 0) {
		close(fd[1]);
		exit(wait_for_child(fd[0]));
	}
	close(fd[0]);
	d->ready_fd = fd[1];
	setsid();
	if (chdir("/") < 0)
		syslog(LOG_WARNING, "chdir /: %s", strerror(errno));
	umask(022);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; null >= 0 && i <= 2; i++)
		dup2(null, i);
}

static void tell_ready(struct daemon *d)
{
	notify_send("READY=1\nSTATUS=Serving terminals");
	if (d->ready_fd < 0)
		return;
	if (write(d->ready_fd, "\n", 1) < 0)
		syslog(LOG_WARNING, "whoever started us is gone");
	close(d->ready_fd);
	d->ready_fd = -1;
}

static void to_stderr(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	(void)sev;
	fprintf(stderr, "%s\n", line);
}

static void to_syslog(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	syslog((int)sev, "%s", line);
}

/* ---- signals and the watchdog
 * -----------------------------------------------------------------------------------------------
 */

static void on_end(uv_signal_t *sig, int number)
{
	struct daemon *d = sig->data;

	(void)number;
	uv_stop(&d->loop);
}

static void on_hup(uv_signal_t *sig, int number)
{
	(void)sig;
	(void)number;
}

static void on_watchdog(uv_timer_t *t)
{
	(void)t;
	notify_send("WATCHDOG=1");
}

static void on_quit(void *ctx, enum shell_quit how)
{
	struct daemon *d = ctx;

	d->reload = how == SHELL_RELOAD;
	uv_stop(&d->loop);
}

static void start_handles(struct daemon *d)
{
	uint64_t period = notify_watchdog_ms() / 2;

	uv_signal_init(&d->loop, &d->term);
	uv_signal_init(&d->loop, &d->interrupt);
	uv_signal_init(&d->loop, &d->hup);
	uv_timer_init(&d->loop, &d->watchdog);
	d->term.data = d->interrupt.data = d;
	uv_signal_start(&d->term, on_end, SIGTERM);
	uv_signal_start(&d->interrupt, on_end, SIGINT);
	uv_signal_start(&d->hup, on_hup, SIGHUP);
	if (period)
		uv_timer_start(&d->watchdog, on_watchdog, period, period);
}

static void stop_handles(struct daemon *d)
{
	uv_close((uv_handle_t *)&d->term, NULL);
	uv_close((uv_handle_t *)&d->interrupt, NULL);
	uv_close((uv_handle_t *)&d->hup, NULL);
	uv_close((uv_handle_t *)&d->watchdog, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
}

/* ---- life
 * ---------------------------------------------------------------------------------------------------------------------
 */

/* Without a startup-config the router starts empty and usable; with a bad one, with what is valid
 * in it. */
static void load_startup(struct daemon *d)
{
	char why[300];

	if (access(d->o.config, F_OK) < 0 && errno == ENOENT)
		return;
	if (!router_load(d->router, why, sizeof(why)))
		log_msg(SYS_CONFIG_READ, why);
}

static void metrics_page(void *ctx, struct strbuf *out)
{
	router_metrics(ctx, out);
}

static bool start_metrics(struct daemon *d, char *why, size_t n)
{
	struct httpd_opts o = {.loop = &d->loop,
	        .at = d->o.metrics_at,
	        .page = metrics_page,
	        .ctx = d->router};

	if (d->o.metrics)
		d->metrics = httpd_new(&o, why, n);
	return !d->o.metrics || d->metrics;
}

/* The socket's path first: it makes us the only one, and the router clears away what an earlier
 * process left behind. */
static bool start(struct daemon *d, char *why, size_t n)
{
	char unconfined[120];
	struct router_plane plane;
	struct router_opts ro = {.dataplane = d->o.dataplane,
	        .loop = &d->loop,
	        .startup_path = d->o.config,
	        .vtysh = d->o.vtysh,
	        .state_dir = d->o.state_dir,
	        .plane = &plane};

	d->server = server_new(&d->loop, d->o.socket, why, n);
	if (!d->server)
		return false;
	if (!router_choose_plane(d->o.dataplane, &plane, why, n))
		return false;
	if (!confine_calls(CONFINE_ROUTER, unconfined, sizeof(unconfined)))
		log_msg(PLATFORM_UNCONFINED, unconfined);
	d->router = router_new(&ro, why, n);
	if (!d->router || !start_metrics(d, why, n))
		return false;
	d->shell = shell_new(&(struct shell_opts){.router = d->router,
	        .loop = &d->loop,
	        .console = d->o.foreground ? d->sink : NULL,
	        .state_dir = d->o.state_dir,
	        .quit = on_quit,
	        .ctx = d});
	load_startup(d);
	shell_configured(d->shell);
	return server_serve(d->server, d->shell, why, n);
}

static void stop(struct daemon *d)
{
	httpd_free(d->metrics);
	server_free(d->server);
	shell_free(d->shell);
	router_free(d->router);
}

int main(int argc, char **argv)
{
	struct daemon d = {.o = {.config = DEFAULT_CONFIG,
	                           .socket = PROTO_DEFAULT_SOCKET,
	                           .state_dir = DEFAULT_STATE,
	                           .dataplane = "auto"},
	        .ready_fd = -1};
	int status = read_options(argc, argv, &d.o);
	char why[300] = "";

	if (status >= 0)
		return status;
	prctl(PR_SET_NAME, "spoked"); /* after a reload the kernel would call it "exe" */
	signal(SIGPIPE, SIG_IGN);
	openlog("spoked", LOG_PID, LOG_DAEMON);
	if (!d.o.foreground)
		go_background(&d);
	d.sink = log_sink_add(d.o.foreground ? to_stderr : to_syslog, NULL, LOG_SEV_DEBUG);
	uv_loop_init(&d.loop);
	start_handles(&d);
	join_frr();
	bool ok = confine_privileges(why, sizeof(why)) && start(&d, why, sizeof(why));

	if (!ok)
		say(&d, why);
	if (ok) {
		tell_ready(&d);
		uv_run(&d.loop, UV_RUN_DEFAULT);
		notify_send(d.reload ? "RELOADING=1" : "STOPPING=1");
	}
	stop(&d);
	stop_handles(&d);
	uv_loop_close(&d.loop);
	log_sink_remove(d.sink);
	log_buffer_clear();
	if (ok && d.reload)
		execv("/proc/self/exe", argv);
	return ok ? 0 : 1;
}
