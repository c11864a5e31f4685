/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interface types and names: the parts of grammar.h's functions that the matcher, the order of
 * lines and help need. */
#ifndef SPOKE_GRAMMAR_IFNAME_H
#define SPOKE_GRAMMAR_IFNAME_H

#include "grammar/grammar.h"

enum { GR_IFNAME_MAX = 40 };

struct gr_iftype {
	const char *name, *brief, *help;
	const char *least;  /* shortest abbreviation */
	const char *number; /* placeholder of what follows, for help */
	uint32_t lo, hi;
	uint8_t rank; /* in the order of a running-config */
};
const struct gr_iftype *gr_iftype_at(size_t i); /* NULL after the last */
/* The type that a word without a number means; must be `only` when that is not NULL. */
const struct gr_iftype *gr_iftype_word(const char *w, const char *only);
/* Octets whose order is that of a running-config: types by rank, numbers by value, a sub-interface
 * behind its parent. */
void gr_ifname_key(const char *canon, struct strbuf *out);

#endif
