/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables that gramc writes and the run time reads.
 *
 * A grammar is a graph of *positions*: each is one keyword or one argument at one place, and knows
 * which positions may follow it. The keywords that lines of a mode begin with are shared (a trie);
 * from there on each line has positions of its own. A set
 * `{ a | b }` is a graph of edges that carry a bit: an edge is open while its bit is unused.
 */
#ifndef SPOKE_GRAMMAR_TABLES_H
#define SPOKE_GRAMMAR_TABLES_H

#include "grammar/grammar.h"

/* In the order in which the matcher prefers them where several accept a word. */
enum gr_type {
	GR_T_KW,
	GR_T_INT,
	GR_T_MASK,
	GR_T_IP4,
	GR_T_WILD,
	GR_T_IP6,
	GR_T_IP,
	GR_T_PREFIX4,
	GR_T_PREFIX6,
	GR_T_TIME,
	GR_T_SLOT,
	GR_T_IFNAME,
	GR_T_HEX,
	GR_T_TTY,
	GR_T_REF,
	GR_T_HOST,
	GR_T_NAME,
	GR_T_WORD,
	GR_T_SECRET,
	GR_T_LINE,
	GR_T_TEXT,
	GR_T_MAX
};

enum {
	GR_P_DEFAULT = 1,  /* a default word: accepted, not printed */
	GR_P_KEY = 2,      /* part of the line's identity */
	GR_P_HEADDONE = 4, /* no key can follow: all that `no` needs has been said */
	GR_P_HIDDEN = 8,   /* not offered by help */
	GR_P_WIDE = 16,    /* printed with two blanks more: `deny` as wide as `permit` */
	GR_P_WHOLE = 32    /* a keyword that is not abbreviated */
};

enum { GR_KW_MAX = 48 }; /* no keyword is longer */

enum { GR_NOBIT = 255, GR_NOFIELD = 255 };

struct gr_edge {
	uint16_t pos;
	uint8_t bit; /* GR_NOBIT, or the set member it enters */
};

struct gr_pos {
	const char *word; /* keyword, or the placeholder of an argument */
	const char *help;
	const char *pending; /* using this keyword leaves the line pending: why */
	const char *extra;   /* ref: kind; ifname: the type it must have */
	uint64_t lo, hi;
	uint32_t edge; /* first of its edges: keywords sorted, then arguments by type */
	uint16_t n_edge, n_kw;
	uint16_t line;   /* owning line; 0: shared keywords */
	uint16_t accept; /* line complete here; 0: none */
	uint8_t type, flags;
	uint8_t field;       /* of the owning line */
	uint8_t set, member; /* set it stands in (0: none) and which member */
	uint8_t priv;
};

enum gr_ctype { GR_C_KW, GR_C_STR, GR_C_U32, GR_C_U64, GR_C_IP, GR_C_PREFIX };

struct gr_field {
	const char *name;
	uint8_t ctype;
	bool list, key;
	uint32_t val, has, count; /* offsets in the gl_ struct; kw: val only */
};

enum {
	GR_L_MULTI = 1,
	GR_L_ONOFF = 2,
	GR_L_KEEP = 4,
	GR_L_WIPE = 8,
	GR_L_KEYED = 16,
	GR_L_HASREF = 32,
	GR_L_SECRET = 64,
	GR_L_HIDDEN = 128,
	GR_L_HASPENDING = 256,
	GR_L_REPEATS = 512,
	GR_L_FRESH = 1024
};

struct gr_line {
	struct gr_line_info info;
	uint16_t primary; /* of another spelling: the line it is rewritten to; otherwise its own id
	                   */
	uint16_t flags;
	uint16_t lead; /* position of its last leading keyword; the mode's start without one */
	const char *lead_text;    /* those keywords */
	const char *default_text; /* canonical text in force without the line, or NULL */
	const char *builtin;      /* key of the object that is there without a line */
	const char *notice;
	const char *adds; /* another spelling: what its words leave out, of the line itself */
	const char *numbered; /* another spelling: the word of the entry number that it leaves out */
	const struct gr_field *field;
	uint16_t n_field;
	uint32_t size; /* of the gl_ struct */
};

struct gr_section {
	struct gr_mode_info info;
	const char *close; /* "exit-address-family" */
	uint16_t start;
	uint16_t enter; /* line that opens it */
};

struct gr_kind {
	const char *name;
	const uint16_t *line; /* definers, 0-terminated */
};

struct gr_tables {
	const struct gr_pos *pos;
	const struct gr_edge *edge;
	const struct gr_line *line; /* [0] unused; 1…n_line, then other spellings up to n_all */
	const struct gr_section *mode;
	const struct gr_kind *kind;
	uint16_t n_pos, n_line, n_all, n_mode, n_kind;
	uint16_t global, exec;
};
extern const struct gr_tables gr_tab;

#endif
