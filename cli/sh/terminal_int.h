/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the terminal a person sits at: terminal.c is its loop, edit.c the line. */
#ifndef SPOKE_CLI_SH_TERMINAL_INT_H
#define SPOKE_CLI_SH_TERMINAL_INT_H

#include <stdio.h>
#include <termios.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "cli/sh/pager.h"
#include "cli/sh/sh.h"

enum { KEYS_MAX = 64 * 1024, SECRET_MAX = 256 };

enum { CTRL_C = 3, CTRL_D = 4, CTRL_H = 8, CTRL_U = 21, CTRL_Z = 26, CTRL_SHIFT_6 = 30, DEL = 127 };

enum state {
	T_WAIT,     /* the router works */
	T_EDIT,     /* readline edits */
	T_SECRET,   /* a line without echo */
	T_KEY,      /* one key answers */
	T_ASKED,    /* `?` or Tab was sent, the line being edited stands by */
	T_ANSWERED, /* its answer is being printed */
	T_END,
};

/* readline calls back without a context, so there is one terminal a process. */
struct terminal {
	struct link *l;
	struct pager pager;
	enum state state;
	char prompt[512];
	unsigned prompt_flags;
	char keys[KEYS_MAX]; /* read and not yet used */
	size_t keys_at, keys_n;
	bool after_cr, hung_up;
	bool busy;             /* a command goes on: Ctrl-C and Ctrl-Shift-6 stop it */
	bool leave, interrupt; /* how the line ended: Ctrl-Z, Ctrl-C */
	bool log_open;         /* log lines stand below the line being edited */
	char secret[SECRET_MAX];
	size_t secret_n;
	HISTORY_STATE *history[2]; /* EXEC, configuration */
	unsigned history_now, history_size;
	bool editing; /* terminal editing */
	struct termios before;
	int status;
};

extern struct terminal T;

/* terminal.c */
bool keys_waiting(void);
int take_key(void);
void send_line(const char *line, unsigned flags); /* PROTO_LINE_* */
void send_interrupt(void);

/* edit.c */
void edit_setup(void);
void edit_terminal(unsigned history, bool editing); /* as the router says */
void edit_begin(void);                              /* a line, behind T.prompt */
void edit_leave_line(const char *mark); /* the cursor behind the line, and `mark` there */
void edit_draw_again(void);             /* after edit_leave_line() */
void edit_forget(void);                 /* all history */

#endif
