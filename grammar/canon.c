/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from a path: canonical text, identity and order, rewriting of other spellings. */
#include <stdlib.h>
#include <string.h>

#include "grammar/ifname.h"
#include "grammar/match.h"

/* ---- canonical text ------------------------------------------------------------------------ */

static void add_step(const struct gr_path *p, size_t i, struct strbuf *out)
{
	const struct gr_pos *pos = gr_pos_at(p->step[i].pos);
	size_t n;
	const char *s;

	if (pos->flags & GR_P_DEFAULT)
		return;
	if (out->len)
		sb_putc(out, ' ');
	if (pos->type == GR_T_KW) {
		sb_puts(out, pos->word);
		if (pos->flags & GR_P_WIDE)
			sb_puts(out, "  ");
		return;
	}
	s = gr_step_text(p, i, &n);
	gr_type_canon(pos, s, n, out);
}

/* Members of a set in the order of the declaration, however they were typed. */
static size_t add_set(const struct gr_path *p, size_t from, struct strbuf *out)
{
	uint8_t set = gr_pos_at(p->step[from].pos)->set;
	size_t end = from;
	unsigned max = 0;

	while (end < p->n && gr_pos_at(p->step[end].pos)->set == set) {
		if (gr_pos_at(p->step[end].pos)->member > max)
			max = gr_pos_at(p->step[end].pos)->member;
		end++;
	}
	for (unsigned m = 0; m <= max; m++)
		for (size_t i = from; i < end; i++)
			if (gr_pos_at(p->step[i].pos)->member == m)
				add_step(p, i, out);
	return end;
}

static void canon_until(const struct gr_path *p, size_t end, struct strbuf *out)
{
	sb_clear(out);
	for (size_t i = 0; i < end;) {
		if (gr_pos_at(p->step[i].pos)->set)
			i = add_set(p, i, out);
		else
			add_step(p, i++, out);
	}
}

void gr_canon(const struct gr_path *p, struct strbuf *out)
{
	canon_until(p, p->n, out);
}

void gr_canon_head(const struct gr_path *p, struct strbuf *out)
{
	size_t end = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct gr_pos *pos = gr_pos_at(p->step[i].pos);

		if (!pos->line || pos->flags & GR_P_KEY)
			end = i + 1;
	}
	canon_until(p, end, out);
}

const char *gr_path_pending(const struct gr_path *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (gr_pos_at(p->step[i].pos)->pending)
			return gr_pos_at(p->step[i].pos)->pending;
	return gr_tab.line[p->line].info.pending;
}

/* ---- identity and order -------------------------------------------------------------------- */

static void put_int(struct strbuf *out, const char *s, size_t n)
{
	uint8_t octets[8];
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(s[i] - '0');
	for (int i = 0; i < 8; i++)
		octets[i] = (uint8_t)(v >> (56 - 8 * i));
	sb_add(out, octets, sizeof(octets));
}

/* A dotted quad that its type has taken: the five octets are family and address. */
static void put_quad(struct strbuf *out, const char *s, size_t n)
{
	uint8_t octets[5] = {AF_INET}, *o = &octets[1];

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.')
			o++;
		else
			*o = (uint8_t)(*o * 10 + (s[i] - '0'));
	}
	sb_add(out, octets, sizeof(octets));
}

static void put_addr(struct strbuf *out, const char *s, bool prefix)
{
	struct prefix x = {0};

	if (prefix)
		prefix_parse(s, &x);
	else
		ipaddr_parse(s, &x.addr);
	sb_putc(out, (char)x.addr.family);
	sb_add(out, x.addr.b, ipaddr_octets(&x.addr));
	if (prefix)
		sb_putc(out, (char)x.len);
}

void gr_key_value(const struct gr_pos *p, const char *s, size_t n, struct strbuf *out)
{
	struct strbuf text = {0};

	if (p->type == GR_T_INT || (p->type == GR_T_REF && p->hi)) {
		put_int(out, s, n);
		return;
	}
	if (!memchr(s, ':', n) && (p->type == GR_T_MASK || p->type == GR_T_WILD ||
	                                  p->type == GR_T_IP4 || p->type == GR_T_IP)) {
		put_quad(out, s, n);
		return;
	}
	gr_type_canon(p, s, n, &text);
	switch (p->type) {
	case GR_T_MASK:
	case GR_T_WILD:
	case GR_T_IP4:
	case GR_T_IP6:
	case GR_T_IP:
		put_addr(out, sb_str(&text), false);
		break;
	case GR_T_PREFIX4:
	case GR_T_PREFIX6:
		put_addr(out, sb_str(&text), true);
		break;
	case GR_T_IFNAME:
		gr_ifname_key(sb_str(&text), out);
		break;
	default:
		sb_add(out, sb_str(&text), text.len + 1);
	}
	sb_fini(&text);
}

void gr_key(const struct gr_path *p, struct strbuf *out)
{
	uint16_t line = gr_tab.line[p->line].primary;

	sb_clear(out);
	sb_putc(out, (char)(line >> 8));
	sb_putc(out, (char)(line & 0xff));
	if (!(gr_tab.line[line].flags & GR_L_KEYED))
		return;
	for (unsigned f = 0; f < gr_tab.line[line].n_field; f++) {
		if (!gr_tab.line[line].field[f].key)
			continue;
		for (size_t i = 0; i < p->n; i++) {
			const struct gr_pos *pos = gr_pos_at(p->step[i].pos);
			const char *s;
			size_t n;

			if (!pos->line || pos->field != f || !(pos->flags & GR_P_KEY))
				continue;
			s = gr_step_text(p, i, &n);
			sb_putc(out, (char)(f + 1));
			gr_key_value(pos, s, n, out);
		}
	}
}

/* ---- other spellings ----------------------------------------------------------------------- */

/*
 * A spelling is rewritten by finding the way through its line that uses every argument typed, every
 * own keyword that both have, and otherwise as few keywords as possible. The graphs are small; the
 * search is a plain depth-first one.
 */
struct rewrite {
	const struct gr_path *p;
	bool used[GR_MAX_TOKENS];
	uint16_t way[GR_MAX_TOKENS], best[GR_MAX_TOKENS];
	int16_t from[GR_MAX_TOKENS],
	        best_from[GR_MAX_TOKENS]; /* step of p that gives the argument */
	size_t n, n_best;
	int cost, best_cost;
	int line, budget;
};

static int evidence(const struct rewrite *w, const struct gr_pos *q)
{
	for (size_t i = 0; i < w->p->n; i++) {
		const struct gr_pos *x = gr_pos_at(w->p->step[i].pos);

		if (w->used[i] || !x->line || (x->type == GR_T_KW) != (q->type == GR_T_KW))
			continue;
		if (q->type == GR_T_KW ? strcmp(x->word, q->word) == 0 : x->field == q->field)
			return (int)i;
	}
	return -1;
}

static bool all_arguments_used(const struct rewrite *w)
{
	for (size_t i = 0; i < w->p->n; i++)
		if (!w->used[i] && gr_pos_at(w->p->step[i].pos)->type != GR_T_KW)
			return false;
	return true;
}

static void keep_best(struct rewrite *w)
{
	int missed = 0;

	if (!all_arguments_used(w))
		return;
	for (size_t i = 0; i < w->p->n; i++)
		missed += !w->used[i] && gr_pos_at(w->p->step[i].pos)->line;
	if (w->best_cost >= 0 && w->cost + 8 * missed >= w->best_cost)
		return;
	w->best_cost = w->cost + 8 * missed;
	w->n_best = w->n;
	memcpy(w->best, w->way, w->n * sizeof(w->way[0]));
	memcpy(w->best_from, w->from, w->n * sizeof(w->from[0]));
}

static void search(struct rewrite *w, const struct gr_pos *at)
{
	if (at->accept == w->line)
		keep_best(w);
	if (w->n == GR_MAX_TOKENS || w->budget-- < 0)
		return;
	for (unsigned j = 0; j < at->n_edge; j++) {
		unsigned id = gr_tab.edge[at->edge + j].pos;
		const struct gr_pos *q = gr_pos_at(id);
		int ev, free_word;

		if (q->line != w->line)
			continue;
		ev = evidence(w, q);
		free_word = ev < 0;
		if (free_word && (q->type != GR_T_KW || w->cost > 8))
			continue;
		if (!free_word)
			w->used[ev] = true;
		w->way[w->n] = (uint16_t)id;
		w->from[w->n++] = (int16_t)ev;
		w->cost += free_word;
		search(w, q);
		w->cost -= free_word;
		w->n--;
		if (!free_word)
			w->used[ev] = false;
	}
}

bool gr_rewrite(const struct gr_path *p, struct strbuf *out)
{
	const struct gr_line *l = &gr_tab.line[p->line], *to = &gr_tab.line[l->primary];

	if (l->primary == p->line)
		return false;
	if (l->adds) {
		gr_canon(p, out);
		sb_printf(out, " %s", l->adds);
		return true;
	}
	struct rewrite *w = xcalloc(1, sizeof(*w));

	w->p = p;
	w->line = l->primary;
	w->best_cost = -1;
	w->budget = 100000;
	search(w, gr_pos_at(to->lead));
	sb_clear(out);
	sb_puts(out, to->lead_text);
	for (size_t i = 0; i < w->n_best; i++) {
		const struct gr_pos *q = gr_pos_at(w->best[i]);

		sb_putc(out, ' ');
		if (q->type == GR_T_KW) {
			sb_puts(out, q->word);
			continue;
		}
		size_t n;
		const char *s = gr_step_text(p, (size_t)w->best_from[i], &n);

		gr_type_canon(q, s, n, out);
	}
	free(w);
	return true;
}
