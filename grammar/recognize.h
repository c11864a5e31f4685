/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognizing lines without keeping them. The walk of match.h carries a set of threads from word to
 * word; the sets that occur are few, so that each is met once and becomes a *state* with the ways
 * out of it remembered: by the word where keywords settle it, by which arguments take the word
 * otherwise. What is remembered is what the walk itself did; nothing of the grammar is known here.
 */
#ifndef SPOKE_GRAMMAR_RECOGNIZE_H
#define SPOKE_GRAMMAR_RECOGNIZE_H

#include "grammar/match.h"

enum gr_verdict {
	GR_V_NONE,   /* no line of this mode */
	GR_V_PLAIN,  /* a line that refers to nothing, that opens no section, that nothing can refer
	                to */
	GR_V_NAMES,  /* the same, but something can refer to it, by its name */
	GR_V_OPENS,  /* it opens a section that nothing can refer to */
	GR_V_OTHER,  /* a line of another kind */
	GR_V_UNKNOWN /* not to be told word by word */
};

struct gr_recognizer;

struct gr_recognizer *gr_recognizer_new(void);
void gr_recognizer_free(struct gr_recognizer *z); /* accepts NULL */
/* The words of `r`, whole, as a line of this mode at level 15; *line: which (0: none). */
enum gr_verdict gr_recognize(struct gr_recognizer *z, const struct gr_run *r, int mode, int *line);

#endif
