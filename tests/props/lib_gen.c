/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random sentences: see lib_gen.h. */
#include "lib_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/ifname.h"

/* splitmix64 */
static uint64_t next(struct gen *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t gen_below(struct gen *g, uint32_t n)
{
	return (uint32_t)(next(g) % n);
}

/* ---- words --------------------------------------------------------------------------------- */

static void put_number(struct gen *g, const struct gr_pos *p, char out[96])
{
	uint64_t v = p->lo + next(g) % (p->hi - p->lo + 1);

	switch (gen_below(g, 6)) {
	case 0:
		v = p->lo;
		break;
	case 1:
		v = p->hi;
		break;
	case 2:
		v = p->lo + next(g) % 4;
		break;
	default:
		break;
	}
	snprintf(out, 96, "%llu", (unsigned long long)(v > p->hi ? p->hi : v));
}

static void put_ip4(struct gen *g, char out[96])
{
	struct ipaddr a = ipaddr_v4((uint32_t)next(g));

	ipaddr_fmt(&a, out);
}

static void put_ip6(struct gen *g, char out[96])
{
	snprintf(out, 96, "2001:DB8:%X::%X", 1 + gen_below(g, 0xfffe), 1 + gen_below(g, 0xfffe));
}

static void put_ifname(struct gen *g, const char *only, char out[96])
{
	static const char *const names[] = {"Tunnel%u", "Loopback%u", "GigabitEthernet0/%u",
	        "Ethernet0/%u", "eth%u", "Port-channel%u", "GigabitEthernet0/0/%u.7",
	        "Virtual-Template%u", "Vlan%u"};
	unsigned n = 1 + gen_below(g, 9);

	if (only)
		snprintf(out, 96, "%s%u", only, n);
	else
		snprintf(out, 96, names[gen_below(g, ARRAY_LEN(names))], n);
}

/* Words that no keyword begins with, unless wild ones are wanted. */
static void put_name(struct gen *g, char out[96])
{
	static const char *const names[] = {"zq%u", "ZQ-%u", "zq_%u.x", "zQ%uend"};

	if (g->wild && gen_below(g, 2)) {
		const struct gr_pos *p;

		do
			p = gr_pos_at(gen_below(g, gr_tab.n_pos));
		while (p->type != GR_T_KW || !p->word[0]);
		snprintf(out, 96, "%s", p->word);
		if (gen_below(g, 2))
			out[1 + gen_below(g, (uint32_t)strlen(out))] = '\0';
		return;
	}
	snprintf(out, 96, names[gen_below(g, ARRAY_LEN(names))], gen_below(g, 50));
}

static const char *const ttys[] = {"con", "console", "aux", "vty", "tt"};

void gen_value(struct gen *g, const struct gr_pos *p, char out[96])
{
	char tmp[96];

	switch (p->type) {
	case GR_T_KW:
		snprintf(out, 96, "%s", p->word);
		break;
	case GR_T_INT:
		put_number(g, p, out);
		break;
	case GR_T_REF:
		if (p->hi)
			put_number(g, p, out);
		else
			put_name(g, out);
		break;
	case GR_T_MASK: {
		struct ipaddr a = ipaddr_v4(len_to_mask((uint8_t)gen_below(g, 33)));

		ipaddr_fmt(&a, out);
		break;
	}
	case GR_T_IP:
		if (gen_below(g, 2)) {
			put_ip6(g, out);
			break;
		}
		/* fall through */
	case GR_T_IP4:
	case GR_T_WILD:
		put_ip4(g, out);
		break;
	case GR_T_IP6:
		put_ip6(g, out);
		break;
	case GR_T_PREFIX4:
		put_ip4(g, tmp);
		snprintf(out, 96, "%.40s/%u", tmp, gen_below(g, 33));
		break;
	case GR_T_PREFIX6:
		put_ip6(g, tmp);
		snprintf(out, 96, "%.60s/%u", tmp, gen_below(g, 129));
		break;
	case GR_T_TIME:
		snprintf(out, 96, "%02u:%02u", gen_below(g, 24), gen_below(g, 60));
		break;
	case GR_T_SLOT:
		snprintf(out, 96, "%u/%u/%u", gen_below(g, 33), gen_below(g, 33), gen_below(g, 49));
		break;
	case GR_T_HEX:
		snprintf(out, 96, "%08X", (unsigned)next(g));
		break;
	case GR_T_IFNAME:
		put_ifname(g, p->extra, out);
		break;
	case GR_T_TTY:
		snprintf(out, 96, "%s", ttys[gen_below(g, ARRAY_LEN(ttys))]);
		break;
	case GR_T_TEXT:
		put_name(g, tmp);
		snprintf(out, 96, "^C%.40s\n second line\n^C", tmp);
		break;
	case GR_T_LINE:
	case GR_T_SECRET:
		put_name(g, tmp);
		snprintf(out, 96, "%.40s%s", tmp, gen_below(g, 2) ? "  two words !" : "");
		break;
	default:
		put_name(g, out);
	}
}

/* ---- sentences ----------------------------------------------------------------------------- */

static void add_word(struct gen *g, struct gen_sentence *s, uint16_t pos)
{
	assert_true(s->n < GR_MAX_TOKENS);
	s->word[s->n].pos = pos;
	gen_value(g, gr_pos_at(pos), s->word[s->n++].text);
}

/* The leading keywords: the shared positions on the way from the start of the mode. */
static uint16_t walk_lead(struct gen *g, int line, struct gen_sentence *s)
{
	const struct gr_line *l = &gr_tab.line[line];
	uint16_t at = gr_tab.mode[l->info.mode].start;
	const char *w = l->lead_text;

	while (*w) {
		size_t n = strcspn(w, " ");
		const struct gr_pos *p = gr_pos_at(at);
		uint16_t to = 0;

		for (unsigned i = 0; i < p->n_kw; i++) {
			uint16_t id = gr_tab.edge[p->edge + i].pos;

			if (!gr_pos_at(id)->line && gr_word_is(w, n, gr_pos_at(id)->word))
				to = id;
		}
		assert_true(to);
		add_word(g, s, at = to);
		w += n + (w[n] == ' ');
	}
	return at;
}

void gen_line(struct gen *g, int line, struct gen_sentence *s)
{
	uint32_t mask = 0;
	uint16_t at;

	s->line = line;
	s->n = 0;
	at = walk_lead(g, line, s);
	for (;;) {
		const struct gr_pos *p = gr_pos_at(at);
		const struct gr_edge *open[256];
		unsigned n = 0;

		for (unsigned i = 0; i < p->n_edge && n < ARRAY_LEN(open); i++) {
			const struct gr_edge *e = &gr_tab.edge[p->edge + i];

			if (gr_pos_at(e->pos)->line == line &&
			        (e->bit == GR_NOBIT || !(mask & 1u << e->bit)))
				open[n++] = e;
		}
		if (!n || (p->accept == line && (s->n > 24 || gen_below(g, 3) == 0)))
			break;
		const struct gr_edge *e = open[gen_below(g, n)];

		if (e->bit != GR_NOBIT)
			mask |= 1u << e->bit;
		add_word(g, s, at = e->pos);
	}
	assert_int_equal(gr_pos_at(at)->accept, line);
}

void gen_text(const struct gen_sentence *s, struct strbuf *out)
{
	sb_clear(out);
	for (size_t i = 0; i < s->n; i++)
		sb_printf(out, "%s%s", i ? " " : "", s->word[i].text);
}

int gen_config_line(struct gen *g)
{
	for (;;) {
		int line = 1 + (int)gen_below(g, gr_tab.n_line);

		if (gr_tab.line[line].info.mode != gr_tab.exec)
			return line;
	}
}

/* ---- configurations ------------------------------------------------------------------------ */

void gen_feed(struct cfg_editor *ed, const char *text)
{
	struct gr_diag d = cfg_editor_line(ed, text, NULL);

	if (d.status != GR_OK)
		print_message("refused (%d at %zu): %s\n", d.status, d.caret, text);
	assert_int_equal(d.status, GR_OK);
}

void gen_enter(struct gen *g, struct cfg_editor *ed, int mode)
{
	struct gen_sentence *s = xmalloc(sizeof(*s));
	struct strbuf text = {0};

	if (gr_tab.mode[mode].enter) {
		gen_enter(g, ed, gr_tab.mode[mode].info.parent);
		gen_line(g, gr_tab.mode[mode].enter, s);
		gen_text(s, &text);
		gen_feed(ed, sb_str(&text));
		assert_int_equal(cfg_editor_mode(ed), mode);
	} else {
		cfg_editor_to_global(ed);
	}
	sb_fini(&text);
	free(s);
}

/* A line of this section that opens no other; GR_NONE if there is none. */
static int line_of(struct gen *g, int mode)
{
	int n = 0, want;

	for (int i = 1; i <= gr_tab.n_line; i++)
		n += gr_tab.line[i].info.mode == mode && !gr_tab.line[i].info.enters;
	want = n ? (int)gen_below(g, (uint32_t)n) : -1;
	for (int i = 1; i <= gr_tab.n_line; i++)
		if (gr_tab.line[i].info.mode == mode && !gr_tab.line[i].info.enters && want-- == 0)
			return i;
	return GR_NONE;
}

struct cfg *gen_config(struct gen *g, unsigned n)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	struct gen_sentence *s = xmalloc(sizeof(*s));
	struct strbuf text = {0};

	while (n) {
		int mode = gr_tab.line[gen_config_line(g)].info.mode;
		bool wild = g->wild;

		g->wild = false;
		gen_enter(g, ed, mode);
		g->wild = wild;
		for (unsigned k = 1 + gen_below(g, 8); k && n; k--, n--) {
			int line = line_of(g, mode);

			if (!line)
				break;
			gen_line(g, line, s);
			gen_text(s, &text);
			if (g->wild)
				cfg_editor_line(ed, sb_str(&text), NULL);
			else
				gen_feed(ed, sb_str(&text));
			if (cfg_editor_mode(ed) != mode)
				break;
		}
		n -= n > 0;
	}
	struct cfg *c = cfg_ref(cfg_editor_candidate(ed));

	cfg_editor_free(ed);
	cfg_unref(empty);
	sb_fini(&text);
	free(s);
	return c;
}

static void count_bad(void *ctx, unsigned no, const char *line, const struct gr_diag *d)
{
	(void)ctx;
	print_message("line %u refused (%d at %zu): %s\n", no, d->status, d->caret, line);
}

struct cfg *gen_load(const char *text, unsigned *bad)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	*bad = cfg_load_text(ed, text, count_bad, NULL);
	struct cfg *c = cfg_ref(cfg_editor_candidate(ed));

	cfg_editor_free(ed);
	cfg_unref(empty);
	return c;
}

char *gen_print(const struct cfg *c)
{
	struct strbuf sb = {0};

	cfg_print(c, false, &sb);
	return sb.s ? sb_take(&sb) : xstrdup("");
}
