/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text that is no command: a banner, from its delimiter to the next one, over as many lines as it
 * takes. Whoever reads lines hands each to gr_raw_take() first; what comes out whole is one command
 * with line ends in it, `banner motd ^C…^C`.
 */
#ifndef SPOKE_GRAMMAR_RAW_H
#define SPOKE_GRAMMAR_RAW_H

#include <stdbool.h>

#include "base/mem.h"

struct cfg_editor;

enum { GR_RAW_MAX = 4096 }; /* of a banner */

enum gr_raw_state {
	GR_RAW_NONE, /* the line is a command, or nothing: go on with it */
	GR_RAW_OPEN, /* taken; the text goes on */
	GR_RAW_DONE, /* taken; gr_raw_command() is the whole */
	GR_RAW_LONG, /* taken, and with it the text ended that was longer than GR_RAW_MAX: nothing
	                comes of it */
};

struct gr_raw {
	bool open, too_long;
	char delimiter; /* '\3' stands for ^C too */
	char what[24];  /* "motd" */
	struct strbuf text;
};

/* `ed` is where the line is entered: in a section that has a `banner` of its own only the kinds in
 * full (exec, incoming, login, motd, prompt-timeout) begin a text. */
enum gr_raw_state gr_raw_take(struct gr_raw *r, const char *line, const struct cfg_editor *ed);
/* Is it `banner KIND …`, the kind in full? Then it is of the global configuration, wherever it is
 * entered. */
bool gr_raw_kind(const char *line);
const char *gr_raw_command(const struct gr_raw *r); /* until the next gr_raw_take() */
void gr_raw_fini(struct gr_raw *r);                 /* may be used again */

/* The text between the delimiters of a canonical banner line. */
const char *gr_raw_text(const char *command, size_t *n);

#endif
