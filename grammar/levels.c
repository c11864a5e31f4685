/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The levels of `privilege exec level N CMD`: which EXEC commands need another level than the one
 * they were declared with. A line has its level; a keyword that several lines begin with has the
 * least of theirs, so that nobody is offered a word behind which there is nothing for him.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/match.h"

const uint8_t *gr_moved_pos, *gr_moved_line;

static bool is_exec(int line)
{
	return gr_tab.line[line].info.mode == gr_tab.exec;
}

static void move_line(uint8_t *lines, int line, const struct gr_exec_level *l)
{
	int primary = gr_tab.line[line].primary;

	if (line && is_exec(primary))
		lines[primary] = l->reset ? gr_tab.line[primary].info.priv : l->level;
}

/* The lines that go on from a position, any number of words further. `seen` keeps loops short. */
static void move_behind(uint8_t *lines, uint16_t pos, bool *seen, const struct gr_exec_level *l)
{
	const struct gr_pos *p = gr_pos_at(pos);

	if (seen[pos])
		return;
	seen[pos] = true;
	move_line(lines, p->line, l);
	move_line(lines, p->accept, l);
	for (unsigned i = 0; i < p->n_edge; i++)
		move_behind(lines, gr_tab.edge[p->edge + i].pos, seen, l);
}

/* The command that the words are, or all that begin with them. */
static void move(uint8_t *lines, const struct gr_exec_level *l)
{
	struct gr_run r;
	size_t fail, caret;
	bool *seen;
	int t;

	gr_split(&r, l->command);
	gr_begin(&r, gr_tab.exec, UINT8_MAX, 0);
	if (!r.ntok || gr_walk(&r, 0, r.ntok, &fail, &caret) != GR_OK)
		return;
	t = gr_accepting(&r, r.ntok, 0);
	if (t >= 0 && !l->all) {
		move_line(lines, gr_pos_at(r.th[t].pos)->accept, l);
		return;
	}
	seen = xcalloc(gr_tab.n_pos, sizeof(*seen));
	for (t = r.head[r.ntok]; t >= 0; t = r.th[t].next)
		move_behind(lines, r.th[t].pos, seen, l);
	free(seen);
}

static uint8_t least_behind(const uint8_t *pos, const uint8_t *lines, const struct gr_pos *p)
{
	uint8_t least = p->accept ? lines[gr_tab.line[p->accept].primary] : UINT8_MAX;

	for (unsigned i = 0; i < p->n_edge; i++) {
		uint8_t v = pos[gr_tab.edge[p->edge + i].pos];

		least = v < least ? v : least;
	}
	return least;
}

/* From the lines' levels to the positions', until nothing changes any more. */
static uint8_t *spread(const uint8_t *lines)
{
	uint8_t *pos = xmalloc(gr_tab.n_pos);
	bool changed = true;

	for (unsigned i = 0; i < gr_tab.n_pos; i++) {
		const struct gr_pos *p = gr_pos_at(i);

		pos[i] = p->line && is_exec(gr_tab.line[p->line].primary)
		                 ? lines[gr_tab.line[p->line].primary]
		                 : p->priv;
	}
	for (unsigned i = 0; i < gr_tab.n_pos; i++)
		if (!gr_pos_at(i)->line)
			pos[i] = UINT8_MAX;
	while (changed) {
		changed = false;
		for (unsigned i = gr_tab.n_pos; i-- > 0;) {
			const struct gr_pos *p = gr_pos_at(i);
			uint8_t v = p->line ? pos[i] : least_behind(pos, lines, p);

			changed |= v != pos[i];
			pos[i] = v;
		}
	}
	return pos;
}

void gr_exec_levels(const struct gr_exec_level *v, size_t n)
{
	uint8_t *lines;

	free((void *)(uintptr_t)gr_moved_pos);
	free((void *)(uintptr_t)gr_moved_line);
	gr_moved_pos = gr_moved_line = NULL;
	if (!n)
		return;
	lines = xmalloc(gr_tab.n_all + 1u);
	for (unsigned i = 0; i <= gr_tab.n_all; i++)
		lines[i] = gr_tab.line[i].info.priv;
	for (size_t i = 0; i < n; i++)
		move(lines, &v[i]);
	gr_moved_line = lines;
	gr_moved_pos = spread(lines);
}
