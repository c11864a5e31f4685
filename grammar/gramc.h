/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gramc, the build-time compiler of the .gram language (docs/grammar.md): what its parts share.
 *
 *   gramc_parse.c  text → declarations and expression trees
 *   gramc_graph.c  expression trees → positions and edges; the checks
 *   gramc_emit.c   all of it → C
 *
 * Everything lives in one arena until the program ends. Mistakes are reported with file:line; the
 * first hundred of them, so that one build shows all there is to mend.
 */
#ifndef SPOKE_GRAMMAR_GRAMC_H
#define SPOKE_GRAMMAR_GRAMC_H

#include "grammar/tables.h"

struct place {
	const char *file;
	int line;
};

enum node_kind { N_WORD, N_ARG, N_SEQ, N_ALT, N_OPT, N_SET, N_PLUS };

struct node {
	enum node_kind kind;
	struct place at;
	struct node **kid;
	size_t n;
	bool at_least_one; /* N_SET */
	bool in_loop;
	/* N_WORD, N_ARG */
	const char *word, *help, *reason; /* help NULL: "..", given elsewhere */
	const char *name; /* argument; of a word: the enumerated argument whose value it is */
	bool dflt, wide, whole, key;
	enum gr_type type;
	uint64_t lo, hi;
	const char *extra;
};

struct field {
	const char *name; /* as in the struct, without kw_ */
	enum gr_ctype ctype;
	bool list, key;
	struct place at;
};

struct pos;
struct edge {
	struct pos *to;
	uint8_t bit;
};

struct pos {
	struct node *node; /* NULL: start of a mode */
	const char *help;
	struct line *line; /* NULL: shared */
	const struct mode *mode;
	struct line *accept;
	struct edge *edge;
	size_t n_edge;
	uint16_t id;
	uint8_t set, member, priv, mark;
	bool head_done, visible;
};

struct mode {
	const char *name, *prompt, *title, *close, *parent_name;
	struct mode *parent;
	int indent, id;
	struct line *enter;
	struct pos *start;
	struct place at;
	struct mode *next;
};

enum line_kind { L_LINE, L_ENTER, L_ALSO, L_EXEC };

struct line {
	enum line_kind kind;
	const char *name;
	struct mode *mode, *enters;
	struct line *primary;
	struct place at;
	struct node *expr;
	size_t lead; /* leading keywords of expr */
	struct pos *lead_pos;
	struct pos **own; /* its own positions */
	size_t n_own;
	int id, priv;
	unsigned sets, bits;
	bool multi, repeats, fresh, onoff, keep, wipe, resets, recorded, bulk, hidden;
	const char *deflt, *defines, *pending, *builtin, *notice, *adds, *numbered;
	struct field *field;
	size_t n_field;
	struct line *next;
};

struct gram {
	struct arena a;
	struct mode *modes, *global, *exec;
	struct line *lines;
	struct mode **mode_tail;
	struct line **line_tail;
	struct pos **pos;
	size_t n_pos;
	int n_line, n_all, n_mode;
	int errors;
};

void complain(struct gram *g, struct place at, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
void *grow(struct gram *g, void *v, size_t n, size_t size); /* room for one more */

void gram_parse(struct gram *g, const char *file, const char *text);
struct mode *gram_mode(struct gram *g, const char *name);
void gram_graph(struct gram *g);
bool gram_emit(struct gram *g, const char *dir);

struct line *gram_definer(struct gram *g, const char *kind); /* the first */
struct node *line_key(struct line *l);                       /* its first key argument */
enum gr_ctype node_ctype(struct gram *g, const struct node *n);
const char *node_placeholder(struct gram *g, const struct node *n);

#endif
