/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a snapshot into structures. Alone in its object file: only programs that link the use_
 * functions may pull it in. */
#include "grammar/snapshot.h"

static void walk(const struct cfg_tree *t, struct arena *a, struct cfg_build *b)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		cfg_use_fn use = cfg_use_table[n->line];

		if (use) {
			size_t size = gr_decode_size(n->line);
			void *values = arena_alloc(a, size);

			if (cfg_node_decode(n, a, values, size))
				use(b, n, values);
		}
		if (n->kids)
			walk(n->kids, a, b);
	}
}

void cfg_build_walk(const struct cfg *c, struct arena *a, struct cfg_build *b)
{
	walk(c->tree, a, b);
}
