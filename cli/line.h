/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the configuration says about one terminal: its `line vty` section, and AAA's lists. */
#ifndef SPOKE_CLI_LINE_H
#define SPOKE_CLI_LINE_H

#include <stdbool.h>

#include "base/mem.h"

struct shell;

/* What is asked of whoever comes. */
enum login_way {
	LOGIN_OPEN,   /* nothing */
	LOGIN_USER,   /* name and password of a `username` */
	LOGIN_LINE,   /* the line's password */
	LOGIN_ENABLE, /* the enable secret */
	LOGIN_CLOSED, /* nobody may enter */
};

struct line_settings {
	bool aaa; /* aaa new-model */
	enum login_way way;
	bool user_privilege; /* of a `username`: it holds (else the line's) */
	int privilege;       /* of the line; -1: not set */
	unsigned timeout;    /* exec-timeout in seconds; 0: none */
	int length, width;   /* -1: as the terminal's window */
	unsigned history;    /* lines */
	bool full_help, no_editing;
	bool no_exec; /* nobody gets a shell here */
	unsigned tries;
	int type;             /* of the password */
	const char *password; /* NULL: none; in the arena */
	const char *ask_name, *ask_password;
};

struct line_settings line_settings(const struct shell *sh, unsigned number, struct arena *a);
/* What `enable` asks for: LOGIN_ENABLE, LOGIN_LINE, LOGIN_OPEN, or LOGIN_CLOSED. */
enum login_way line_enable_way(const struct shell *sh, const struct line_settings *set);
/* `privilege exec …` lines are put into force. */
void line_levels_configured(const struct shell *sh);

#endif
