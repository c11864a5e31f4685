/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The IOS grammar at run time: match a line, help with it, complete it, keep it, print it, compare
 * it.
 *
 * Everything about the *form* of a command stands in one declaration of a .gram file. The
 * build-time compiler `gramc` turns these into constant tables; this header is how the rest of the
 * house uses them. Generated beside it (in the build tree):
 *
 *   grammar/gen/lines.h   enum gr_mode (GR_MODE_global, GR_MODE_exec, GR_MODE_if …), enum
 * gr_line_id (GR_L_<section>_<line>), struct gl_<section>_<line> with the typed values of a line,
 * and gl_<section>_<line>_get() grammar/gen/exec.h    prototypes of the exec handlers: void
 * exec_<name>(struct exec *x, const struct gl_exec_<name> *a) grammar/gen/use.h     prototypes of
 * the config readers: void use_<section>_<line>(struct cfg_build *b, const struct cfg_node *n,
 * const struct gl_<section>_<line> *l) gen/exec_table.c, gen/use_table.c  the tables of these
 * functions, compiled into cli and flexvpn: a missing one fails to link
 *
 * A configuration (`struct cfg`) is an immutable snapshot: the tree of accepted lines in
 * running-config order, reference counted, sharing what did not change with its ancestors. A
 * `struct cfg_editor` makes a new one from an old one, line by line.
 */
#ifndef SPOKE_GRAMMAR_GRAMMAR_H
#define SPOKE_GRAMMAR_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mem.h"

/* ---- modes and lines ----------------------------------------------------------------------- */

enum { GR_NONE = 0, GR_MAX_DEPTH = 4, GR_MAX_TOKENS = 128 };

struct gr_mode_info {
	const char *name;   /* "ikev2_profile" */
	const char *prompt; /* "(config-ikev2-profile)#"; EXEC: "#" */
	const char *title;  /* "IKEv2 Profile commands:" */
	int parent;         /* enum gr_mode of the enclosing section; GR_NONE for global and exec */
	uint8_t indent;     /* blanks in front of its lines, relative to the parent's */
};
const struct gr_mode_info *gr_mode_info(int mode);

struct gr_line_info {
	const char *name;    /* "flexvpn_peer" */
	int mode;            /* where it is entered */
	int enters;          /* the section it opens, or GR_NONE */
	const char *usage;   /* one-line syntax: "peer <1-255> {A.B.C.D | …}" */
	bool resets_session; /* an edit tears the session down (the guide says so) */
	bool recorded;       /* kept and printed, never acted on: `show configuration recorded` */
	const char *pending; /* kept and printed, not acted on yet: why; NULL for all others */
	bool bulk;           /* read from the tree on demand, no use_ function */
	uint8_t priv;        /* exec: least privilege level */
};
const struct gr_line_info *gr_line_info(int line);
int gr_line_count(void); /* ids are 1 … count */

/* ---- matching ------------------------------------------------------------------------------ */

enum gr_status {
	GR_OK,
	GR_EMPTY,      /* blank line or a `!` comment */
	GR_INCOMPLETE, /* "% Incomplete command." */
	GR_AMBIGUOUS,  /* "% Ambiguous command:  \"LINE\"" */
	GR_INVALID,    /* "% Invalid input detected at '^' marker.", caret at `caret` */
	GR_REFUSED     /* parsed, but the edit is not possible: `text` says why, in IOS's words */
};

struct gr_diag {
	enum gr_status status;
	size_t caret;   /* INVALID, AMBIGUOUS: offset into the line as given */
	char text[400]; /* REFUSED: the message; OK: an optional notice to print ("" = none) */
};

/* The message as IOS prints it. `prompt_len` shifts the caret: caret line, newline, message,
 * newline, blank line where IOS prints one. `line` is the line as typed. */
void gr_diag_format(
        const struct gr_diag *d, const char *line, size_t prompt_len, struct strbuf *out);
/* One line without caret art, for files: "Invalid input at \"foo\"". */
void gr_diag_brief(const struct gr_diag *d, const char *line, struct strbuf *out);

/* EXEC. On GR_OK `*line` is the id and the canonical text (keywords in full) is in `canon`. */
struct gr_diag gr_match_exec(const char *text, uint8_t priv, int *line, struct strbuf *canon);

/* `privilege exec [all] level N CMD`: the command, or, where the words are none or with `all`,
 * every command that begins with them. Of several for one command the last holds. For all terminals
 * of the process; n = 0: as declared. */
struct gr_exec_level {
	const char *command;
	uint8_t level;
	bool all, reset; /* reset: back to the level it was declared with */
};
void gr_exec_levels(const struct gr_exec_level *v, size_t n);
/* The typed arguments of an exec line, decoded from its canonical text and handed to the handler:
 * the generated table is in gen/exec_table.c. */
struct exec;
typedef void (*gr_exec_fn)(struct exec *x, const void *args);
extern const gr_exec_fn gr_exec_table[];

/* Decode the values of a canonical line into its gl_ struct (zeroed first); strings are allocated
 * in `a`. False: the text is not a canonical line of that id. Generated gl_…_get() functions are
 * wrappers. */
bool gr_decode(int line, const char *canon, struct arena *a, void *out, size_t size);
size_t gr_decode_size(int line);

struct cfg; /* a snapshot of the configuration: below */

/* ---- help and completion ------------------------------------------------------------------- */

/* `?`: what may follow `text` (the line up to the cursor) in this mode, formatted as IOS does
 * (exec-and-cli reference A3): command help after a blank or on an empty line, word help directly
 * after a partial word. `do ` is understood in config modes. `cfg` (may be NULL) supplies names for
 * references. width = terminal columns. */
void gr_help(int mode, uint8_t priv, const struct cfg *cfg, const char *text, size_t width,
        struct strbuf *out);
/* Tab: true and the line with the partial keyword completed plus one blank, when unique. References
 * complete from `cfg`. */
bool gr_complete(
        int mode, uint8_t priv, const struct cfg *cfg, const char *text, struct strbuf *out);

/* ---- the configuration --------------------------------------------------------------------- */

struct cfg;      /* a snapshot */
struct cfg_node; /* one accepted line, with what stands under it */
struct cfg_tree; /* the lines of one section of one snapshot */

struct cfg *cfg_new(void); /* empty */
struct cfg *cfg_ref(const struct cfg *c);
void cfg_unref(struct cfg *c); /* accepts NULL */
uint64_t cfg_version(const struct cfg *c);
size_t cfg_lines(const struct cfg *c); /* lines in all sections */
const struct cfg_tree *cfg_root(const struct cfg *c);

int cfg_node_line(const struct cfg_node *n); /* enum gr_line_id */
const char *cfg_node_text(
        const struct cfg_node *n); /* canonical, as running-config prints it, no indentation; a
                                      disabled on-by-default line reads "no …" */
bool cfg_node_negated(const struct cfg_node *n);
const char *cfg_node_pending(const struct cfg_node
                *n); /* why it is not acted on: its line or one of its keywords; or NULL */
/* The typed values of a line; of a negated one, those of the part that `no` keeps. */
bool cfg_node_decode(const struct cfg_node *n, struct arena *a, void *out, size_t size);
const struct cfg_tree *cfg_children(const struct cfg_node *n); /* NULL: none */

/* Walks in running-config order. line = GR_NONE: every line. The snapshot must outlive the
 * iterator. */
struct cfg_iter {
	const void *priv[8];
	uint32_t pos[8];
	int line, depth;
};
const struct cfg_node *cfg_first(
        const struct cfg_tree *t, int line, struct cfg_iter *it); /* t may be NULL */
const struct cfg_node *cfg_next(struct cfg_iter *it);
/* The line of this id whose first key argument reads `key` (canonical spelling), or the only one
 * when key is NULL. */
const struct cfg_node *cfg_find(const struct cfg_tree *t, int line, const char *key);

/* Names that references of this kind ("track", "ikev2_profile", …) may mean: every definition in
 * the snapshot. */
bool cfg_defines(const struct cfg *c, const char *kind, const char *name);
/* References to something that is not there: "interface Tunnel0: tunnel protection … :
 * ipsec_profile \"x\" is not configured". */
void cfg_dangling(const struct cfg *c,
        void (*fn)(void *ctx, const struct cfg_node *n, const char *kind, const char *name),
        void *ctx);

/* running-config text. `all` prints defaults too. cfg_print gives the lines only; header and `end`
 * are the shell's. */
void cfg_print(const struct cfg *c, bool all, struct strbuf *out);
void cfg_print_node(const struct cfg_node *n, bool all, unsigned indent,
        struct strbuf *out); /* a line and its block */

/* The shortest list of commands that leads from one snapshot to another, in an order that works;
 * visited with their depth and the enter lines they stand under printed once. Equal snapshots give
 * nothing; shared parts are not walked. */
void cfg_diff(const struct cfg *from, const struct cfg *to,
        void (*fn)(void *ctx, unsigned depth, const char *command), void *ctx);
/* The same walk, as changes: old or new is NULL for an added or removed line; `path` are the
 * enclosing enter lines (outermost first) of whichever snapshot has the line. */
struct cfg_change {
	const struct cfg_node *old, *new;
	const struct cfg_node *path[GR_MAX_DEPTH];
	unsigned depth;
};
void cfg_changes(const struct cfg *from, const struct cfg *to,
        void (*fn)(void *ctx, const struct cfg_change *ch), void *ctx);

/* ---- editing ------------------------------------------------------------------------------- */

/* An editor holds a candidate snapshot and the mode stack of one terminal or script. */
struct cfg_editor;

struct cfg_editor *cfg_editor_new(const struct cfg *base); /* in global configuration */
/* One that says the same of every line, and several times faster: of the candidate it keeps only what
 * cfg_dangling() looks at, sections and lines that refer or are referred to. For checking. */
struct cfg_editor *cfg_editor_new_check(const struct cfg *base);
void cfg_editor_free(struct cfg_editor *ed);
/* Another terminal committed: continue from `base`. The open sections are kept where they still
 * exist. */
void cfg_editor_rebase(struct cfg_editor *ed, const struct cfg *base);
int cfg_editor_mode(const struct cfg_editor *ed); /* enum gr_mode */
void cfg_editor_to_global(struct cfg_editor *ed);
/* Has the open section a `banner` of its own (an authorization policy)? See grammar/raw.h. */
bool cfg_editor_has_banner(const struct cfg_editor *ed);

/*
 * One configuration line, with `no`, `default` and the fall-back level by level to global
 * (config-grammar reference §0.3). On GR_OK the candidate has it and the mode is where the line
 * left it. `exit` goes one level up; at global it and `end` give GR_OK with `*left` true and change
 * nothing. `left` may be NULL. `do …` is not handled here.
 */
struct gr_diag cfg_editor_line(struct cfg_editor *ed, const char *text, bool *left);
const struct cfg *cfg_editor_candidate(
        const struct cfg_editor *ed);                  /* borrowed; cfg_ref() to keep */
bool cfg_editor_changed(const struct cfg_editor *ed);  /* the last line changed something */
int cfg_editor_last_line(const struct cfg_editor *ed); /* gr_line_id of the last accepted line */

/* A whole text, e.g. startup-config: lines up to `end`. Bad lines are reported with their number
 * (from 1) and skipped; returns how many there were. */
unsigned cfg_load_text(struct cfg_editor *ed, const char *text,
        void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d),
        void *ctx);

/* The same, telling of every line, good or bad, once it has been entered. */
typedef void cfg_load_fn(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d);
void cfg_load_each(struct cfg_editor *ed, const char *text, cfg_load_fn *each, void *ctx);

/* The same in pieces, for a process that has other things to do meanwhile. The editor and the text outlive it.
 * cfg_loading_go(): so many lines more; false: none is left. */
struct cfg_loading;
struct cfg_loading *cfg_loading_new(
        struct cfg_editor *ed, const char *text, cfg_load_fn *each, void *ctx);
bool cfg_loading_go(struct cfg_loading *l, unsigned lines);
void cfg_loading_free(struct cfg_loading *l); /* accepts NULL */
/* Is the text, read as a whole configuration, this snapshot? Only the printed form of it is recognized, with comments
 * and blank lines anywhere outside of banners: true is certain, false says nothing. */
bool cfg_text_is(const struct cfg *c, const char *text);

/* ---- reading a snapshot into structures ---------------------------------------------------- */

struct cfg_build; /* flexvpn's: what the use_ functions fill */
typedef void (*cfg_use_fn)(struct cfg_build *b, const struct cfg_node *n, const void *values);
extern const cfg_use_fn cfg_use_table[]; /* by line id; NULL for bulk, recorded and pending lines */
/* Calls use_ functions for every line of the snapshot in order, enter lines before their children.
 * Strings of `values` live in `a`. */
void cfg_build_walk(const struct cfg *c, struct arena *a, struct cfg_build *b);

/* ---- interface names ----------------------------------------------------------------------- */

/* "gi 0/1", "Tunnel0", "tu0", "eth0" → "GigabitEthernet0/1", "Tunnel0", …, "eth0". Types:
 * config-grammar reference §4.1. A name that is no IOS type but a legal Linux device name is native
 * and kept as it is. */
bool gr_ifname_canon(const char *s, char out[40]);
bool gr_ifname_is(const char *canon, const char *type); /* gr_ifname_is("Tunnel0", "Tunnel") */
const char *gr_ifname_short(const char *canon, char out[40]); /* "Gi0/1", "Tu0" */

/* ---- documents ----------------------------------------------------------------------------- */

/* The command reference (Markdown), from the tables. */
void gr_docs(struct strbuf *out);

#endif
