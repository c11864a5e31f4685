/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spokesh: the terminal of the router. At a terminal it edits lines; with `-c` or with input from
 * elsewhere it runs them; with --check it reads a file and needs no router. As the forced command
 * of an SSH server it runs what the client asked for.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/sh/sh.h"

enum { MAX_COMMANDS = 256 };

struct options {
	const char *socket;
	char *command[MAX_COMMANDS];
	size_t n_command;
	const char *check[MAX_COMMANDS];
	size_t n_check;
	bool checks, echo, json, strict;
	const char *page, *from;
};

static void usage(FILE *to)
{
	fputs("Usage: spokesh [OPTION]...\n"
	      "       spokesh [OPTION]... < SCRIPT\n"
	      "       spokesh --check [--strict] [--json] FILE...\n"
	      "       spokesh --trace PAGE.html [--from FILE]\n"
	      "The terminal of spoke.\n\n"
	      "  -c COMMAND      run COMMAND and end; may be repeated\n"
	      "  --echo          show the lines of SCRIPT behind their prompts, as a terminal "
	      "does\n"
	      "  --socket PATH   the router's socket (" PROTO_DEFAULT_SOCKET ")\n"
	      "  --check         read configuration FILEs offline; FILE:LINE:COLUMN: message for "
	      "each "
	      "bad line\n"
	      "  --strict        with --check: also what is weak, shadowed or against the "
	      "restrictions of FlexVPN\n"
	      "  --json          with --check: a JSON list of findings instead\n"
	      "  --trace PAGE    write the FlexVPN event trace as a page for a browser; with "
	      "--from "
	      "FILE\n"
	      "                  that of the file event-trace in the router's state directory, or "
	      "of "
	      "a dump:\n"
	      "                  for that no router is needed\n"
	      "  --help, --version\n\n"
	      "The exit status is 0 if every line was accepted, 1 if one was not, 2 if the router "
	      "cannot be reached.\n",
	        to);
}

static const struct option longopts[] = {
        {"echo", no_argument, NULL, 'e'},
        {"socket", required_argument, NULL, 's'},
        {"check", no_argument, NULL, 'k'},
        {"json", no_argument, NULL, 'j'},
        {"strict", no_argument, NULL, 'S'},
        {"trace", required_argument, NULL, 't'},
        {"from", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
};

static int too_many(void)
{
	fprintf(stderr, "spokesh: more than %d commands or files\n", MAX_COMMANDS);
	return 2;
}

/* -1: go on; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:", longopts, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (o->n_command == MAX_COMMANDS)
				return too_many();
			o->command[o->n_command++] = optarg;
			break;
		case 'k':
			o->checks = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'S':
			o->strict = true;
			break;
		case 'e':
			o->echo = true;
			break;
		case 't':
			o->page = optarg;
			break;
		case 'f':
			o->from = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("spokesh " SPOKE_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	for (; optind < argc && o->checks; optind++) {
		if (o->n_check == MAX_COMMANDS)
			return too_many();
		o->check[o->n_check++] = argv[optind];
	}
	if (o->checks && !o->n_check) {
		fputs("spokesh: --check needs a file\n", stderr);
		return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "spokesh: unexpected argument %s\n", argv[optind]);
		return 2;
	}
	return -1;
}

static int check_all(const struct options *o)
{
	struct out json;
	int status = 0;

	out_init(&json, OUT_JSON);
	out_list(&json, NULL);
	for (size_t i = 0; i < o->n_check; i++) {
		int one = sh_check(o->check[i], o->strict, o->json ? &json : NULL);

		status = one > status ? one : status;
	}
	out_list_end(&json);
	if (o->json)
		fputs(out_str_so_far(&json), stdout);
	out_fini(&json);
	return status;
}

static int talk(struct options *o)
{
	char *forced = getenv("SSH_ORIGINAL_COMMAND");
	struct link l;
	int status;

	if (!o->n_command && forced)
		o->command[o->n_command++] = forced;
	if (!link_open(&l, o->socket))
		return 2;
	if (o->n_command)
		status = sh_commands(&l, o->command, o->n_command);
	else if (!o->echo && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		status = sh_terminal(&l);
	else
		status = sh_script(&l, o->echo);
	link_close(&l);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = {.socket = PROTO_DEFAULT_SOCKET};
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	if (o.page)
		return sh_trace(o.page, o.from, o.socket);
	return o.checks ? check_all(&o) : talk(&o);
}
