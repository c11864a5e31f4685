/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random sentences of the grammar, generated from its tables: a walk over the positions of one
 * line, words made up to fit. Seeded; the same seed says the same.
 */
#ifndef TESTS_PROPS_GEN_H
#define TESTS_PROPS_GEN_H

#include "grammar/snapshot.h"

struct gen {
	uint64_t state;
	bool wild; /* names may be keywords of the grammar or beginnings of such */
};

struct gen_word {
	uint16_t pos;
	char text[96];
};

struct gen_sentence {
	int line;
	size_t n;
	struct gen_word word[GR_MAX_TOKENS];
};

uint32_t gen_below(struct gen *g, uint32_t n); /* 0 … n-1 */
void gen_value(struct gen *g, const struct gr_pos *p, char out[96]);
/* A sentence of this line. A keyword may be one that is not printed. */
void gen_line(struct gen *g, int line, struct gen_sentence *out);
void gen_text(const struct gen_sentence *s, struct strbuf *out); /* replaces */
int gen_config_line(struct gen *g); /* any line of any configuration section */

/* Opens the sections down to this mode, with made-up names. */
void gen_enter(struct gen *g, struct cfg_editor *ed, int mode);
/* Enters the line; must be taken as a line of its section. */
void gen_feed(struct cfg_editor *ed, const char *text);
/* A snapshot of about n random lines in random sections. */
struct cfg *gen_config(struct gen *g, unsigned n);
struct cfg *gen_load(const char *text, unsigned *bad);
char *gen_print(const struct cfg *c); /* the caller frees */

#endif
