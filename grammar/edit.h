/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The editor from the inside. edit.c knows what a line does to the tree of one section; editor.c
 * what a terminal types: sections around sections, `exit`, `no`, files.
 */
#ifndef SPOKE_GRAMMAR_EDIT_H
#define SPOKE_GRAMMAR_EDIT_H

#include "grammar/snapshot.h"

enum { GR_MAX_REASONS = 64 };

/* One open section: its mode and the key of its enter line in the section around it. */
struct gr_level {
	int mode;
	uint8_t *key;
	size_t len;
};

enum gr_form { GR_NO, GR_DEFAULT };

struct cfg_editor {
	struct cfg *cand;
	struct gr_level level[GR_MAX_DEPTH + 1];
	unsigned depth; /* level[depth] is open; level[0] is global */
	bool changed;
	int last;
	struct gr_run run;
	struct gr_path path;
	struct strbuf canon, key, rewritten;
	const char *warned[GR_MAX_REASONS];
	size_t n_warned;
	struct gr_sparing *sparing; /* set: not all lines are kept */
};

/*
 * sparing.c: an editor that keeps only what others may refer to. gr_spare(): the line that is cut
 * into words was accepted and need not be kept. gr_spare_catch_up(): the next one is, so that the
 * section it stands in is made. gr_spare_kept(): one was entered after all; gr_spare_removed():
 * lines were removed.
 */
struct gr_sparing *gr_sparing_new(void);
void gr_sparing_free(struct gr_sparing *s); /* accepts NULL */
bool gr_spare(struct cfg_editor *ed);
void gr_spare_catch_up(struct cfg_editor *ed);
void gr_spare_kept(struct cfg_editor *ed);
void gr_spare_removed(struct cfg_editor *ed);

struct gr_attempt {
	enum gr_status status;
	size_t fail, caret;
};

/* Does the path name the object that is there without a line? */
bool gr_edit_builtin(const struct gr_line *l, const struct gr_path *p);
struct gr_probe gr_edit_probe(const struct gr_level *l);
/* The lines of the section open at this depth; NULL: none. */
const struct cfg_tree *gr_edit_tree(const struct cfg_editor *ed, unsigned depth);
void gr_edit_close(struct cfg_editor *ed, unsigned depth); /* the sections inside this depth */

/*
 * One line, tried in one of the open sections; the words from `from` on. OK: done, and the section
 * is the innermost open one. gr_edit_removal() wants the line whole; gr_edit_head() takes its head
 * alone or, `loose`, a head and words that do not matter.
 */
struct gr_attempt gr_edit_plain(struct cfg_editor *ed, unsigned depth, size_t from);
struct gr_attempt gr_edit_removal(
        struct cfg_editor *ed, unsigned depth, size_t from, enum gr_form form);
bool gr_edit_head(
        struct cfg_editor *ed, unsigned depth, size_t from, enum gr_form form, bool loose);

#endif
