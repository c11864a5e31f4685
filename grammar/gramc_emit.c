/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing the C: lines.h (ids, structs, getters), use.h and exec.h (prototypes), tables.c,
 * use_table.c, exec_table.c. A file that would not change is left alone, so that what includes it
 * is not built again.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/gramc.h"

static const char HEAD[] = "/* Written by gramc. */\n";

/* ---- texts --------------------------------------------------------------------------------- */

static void c_string(struct strbuf *sb, const char *s)
{
	if (!s) {
		sb_puts(sb, "NULL");
		return;
	}
	sb_putc(sb, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			sb_putc(sb, '\\');
		if (*s == '?')
			sb_putc(sb, '\\');
		if (*s == '\n')
			sb_puts(sb, "\\n");
		else
			sb_putc(sb, *s);
	}
	sb_putc(sb, '"');
}

static const char *const placeholders[GR_T_MAX] = {
        [GR_T_MASK] = "A.B.C.D",
        [GR_T_IP4] = "A.B.C.D",
        [GR_T_WILD] = "A.B.C.D",
        [GR_T_IP] = "A.B.C.D",
        [GR_T_IP6] = "X:X:X:X::X",
        [GR_T_PREFIX4] = "A.B.C.D/nn",
        [GR_T_PREFIX6] = "X:X:X:X::X/<0-128>",
        [GR_T_TIME] = "hh:mm:ss",
        [GR_T_SLOT] = "<0-32>/<0-32>/<0-48>",
        [GR_T_IFNAME] = "IFNAME",
        [GR_T_HEX] = "Hex-data",
        [GR_T_HOST] = "WORD",
        [GR_T_NAME] = "WORD",
        [GR_T_WORD] = "WORD",
        [GR_T_SECRET] = "LINE",
        [GR_T_LINE] = "LINE",
        [GR_T_TEXT] = "LINE",
        [GR_T_TTY] = "WORD",
};

const char *node_placeholder(struct gram *g, const struct node *n)
{
	if (n->kind == N_WORD)
		return n->word;
	if (n->type == GR_T_INT)
		return arena_printf(
		        &g->a, "<%llu-%llu>", (unsigned long long)n->lo, (unsigned long long)n->hi);
	if (n->type == GR_T_REF) {
		struct line *d = gram_definer(g, n->extra);
		const struct node *k = d ? line_key(d) : NULL;

		return k && k->type == GR_T_INT ? node_placeholder(g, k) : "WORD";
	}
	return placeholders[n->type];
}

static void usage_of(struct gram *g, const struct node *n, struct strbuf *sb);

static void usage_list(struct gram *g, const struct node *n, const char *sep, struct strbuf *sb)
{
	for (size_t i = 0; i < n->n; i++) {
		if (i)
			sb_puts(sb, sep);
		usage_of(g, n->kid[i], sb);
	}
}

static void usage_of(struct gram *g, const struct node *n, struct strbuf *sb)
{
	switch (n->kind) {
	case N_WORD:
	case N_ARG:
		sb_puts(sb, node_placeholder(g, n));
		break;
	case N_SEQ:
		usage_list(g, n, " ", sb);
		break;
	case N_ALT:
		sb_putc(sb, '{');
		usage_list(g, n, " | ", sb);
		sb_putc(sb, '}');
		break;
	case N_SET:
		sb_putc(sb, n->at_least_one ? '{' : '[');
		usage_list(g, n, "] [", sb);
		sb_putc(sb, n->at_least_one ? '}' : ']');
		break;
	case N_OPT:
		sb_putc(sb, '[');
		usage_list(g, n->kid[0], " | ", sb);
		sb_putc(sb, ']');
		break;
	case N_PLUS:
		if (n->kid[0]->n == 1)
			usage_of(g, n->kid[0]->kid[0], sb);
		else
			usage_of(g, n->kid[0], sb);
		sb_puts(sb, " ...");
		break;
	}
}

static const char *line_symbol(struct gram *g, const struct line *l)
{
	return arena_printf(&g->a, "%s_%s", l->primary->mode->name, l->primary->name);
}

static const char *lead_text(struct gram *g, const struct line *l)
{
	struct strbuf sb = {0};

	for (size_t i = 0; i < l->lead; i++)
		sb_printf(&sb, "%s%s", i ? " " : "", l->expr->kid[i]->word);
	const char *s = arena_strdup(&g->a, sb_str(&sb));

	sb_fini(&sb);
	return s;
}

/* ---- lines.h ------------------------------------------------------------------------------- */

static const char *const c_types[] = {
        [GR_C_KW] = "bool ",
        [GR_C_STR] = "const char *",
        [GR_C_U32] = "uint32_t ",
        [GR_C_U64] = "uint64_t ",
        [GR_C_IP] = "struct ipaddr ",
        [GR_C_PREFIX] = "struct prefix ",
};

static void emit_struct(struct gram *g, struct strbuf *sb, const struct line *l)
{
	const char *sym = line_symbol(g, l);

	sb_printf(sb, "\nstruct gl_%s {\n", sym);
	if (!l->n_field)
		sb_puts(sb, "\tchar none;\n");
	for (size_t i = 0; i < l->n_field; i++) {
		const struct field *f = &l->field[i];

		if (f->ctype == GR_C_KW) {
			sb_printf(sb, "\tbool kw_%s;\n", f->name);
			continue;
		}
		sb_printf(sb, "\tbool has_%s;\n", f->name);
		if (f->list)
			sb_printf(sb, "\tsize_t n_%s;\n\t%s%s*%s;\n", f->name,
			        f->ctype == GR_C_STR ? "" : "const ", c_types[f->ctype], f->name);
		else
			sb_printf(sb, "\t%s%s;\n", c_types[f->ctype], f->name);
	}
	sb_puts(sb, "};\n");
	if (l->mode != g->exec)
		sb_printf(sb,
		        "static inline bool gl_%s_get(const struct cfg_node *n, struct arena *a, "
		        "struct gl_%s *out)\n"
		        "{\n\treturn cfg_node_line(n) == GR_L_%s && cfg_node_decode(n, a, out, "
		        "sizeof(*out));\n}\n",
		        sym, sym, sym);
}

static void emit_lines_h(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb, "#ifndef SPOKE_GRAMMAR_GEN_LINES_H\n#define "
	            "SPOKE_GRAMMAR_GEN_LINES_H\n\n#include \"grammar/grammar.h\"\n\n");
	sb_puts(sb, "enum gr_mode {\n");
	for (struct mode *m = g->modes; m; m = m->next)
		sb_printf(sb, "\tGR_MODE_%s = %d,\n", m->name, m->id);
	sb_puts(sb, "};\n\nenum gr_line_id {\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind != L_ALSO)
			sb_printf(sb, "\tGR_L_%s = %d,\n", line_symbol(g, l), l->id);
	sb_puts(sb, "};\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind != L_ALSO)
			emit_struct(g, sb, l);
	sb_puts(sb, "\n#endif\n");
}

/* ---- use and exec -------------------------------------------------------------------------- */

static bool has_use(const struct gram *g, const struct line *l)
{
	return l->kind != L_ALSO && l->mode != g->exec && !l->recorded && !l->bulk && !l->pending;
}

static void emit_use_h(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb, "#ifndef SPOKE_GRAMMAR_GEN_USE_H\n#define SPOKE_GRAMMAR_GEN_USE_H\n\n#include "
	            "\"grammar/gen/lines.h\"\n\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (has_use(g, l))
			sb_printf(sb,
			        "void use_%s(struct cfg_build *b, const struct cfg_node *n, const "
			        "struct gl_%s *l);\n",
			        line_symbol(g, l), line_symbol(g, l));
	sb_puts(sb, "\n#endif\n");
}

static void emit_use_table(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb, "#include \"grammar/gen/use.h\"\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (has_use(g, l))
			sb_printf(sb,
			        "\nstatic void u_%s(struct cfg_build *b, const struct cfg_node *n, "
			        "const void *l)\n{\n\tuse_%s(b, n, l);\n}\n",
			        line_symbol(g, l), line_symbol(g, l));
	sb_printf(sb, "\nconst cfg_use_fn cfg_use_table[%d] = {\n", g->n_line + 1);
	for (struct line *l = g->lines; l; l = l->next)
		if (has_use(g, l))
			sb_printf(
			        sb, "\t[GR_L_%s] = u_%s,\n", line_symbol(g, l), line_symbol(g, l));
	sb_puts(sb, "};\n");
}

static void emit_exec_h(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb, "#ifndef SPOKE_GRAMMAR_GEN_EXEC_H\n#define "
	            "SPOKE_GRAMMAR_GEN_EXEC_H\n\n#include \"grammar/gen/lines.h\"\n\n");
	sb_puts(sb, "struct exec;\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind == L_EXEC)
			sb_printf(sb, "void exec_%s(struct exec *x, const struct gl_exec_%s *a);\n",
			        l->name, l->name);
	sb_puts(sb, "\n#endif\n");
}

static void emit_exec_table(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb, "#include \"grammar/gen/exec.h\"\n");
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind == L_EXEC)
			sb_printf(sb,
			        "\nstatic void x_%s(struct exec *x, const void "
			        "*a)\n{\n\texec_%s(x, a);\n}\n",
			        l->name, l->name);
	sb_printf(sb, "\nconst gr_exec_fn gr_exec_table[%d] = {\n", g->n_line + 1);
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind == L_EXEC)
			sb_printf(sb, "\t[GR_L_exec_%s] = x_%s,\n", l->name, l->name);
	sb_puts(sb, "};\n");
}

/* ---- tables.c ------------------------------------------------------------------------------ */

static enum gr_type pos_type(const struct pos *p)
{
	return p->node && p->node->kind == N_ARG ? p->node->type : GR_T_KW;
}

static int by_word(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	enum gr_type tx = pos_type(x->to), ty = pos_type(y->to);
	int r = (tx > ty) - (tx < ty);

	if (!r && tx == GR_T_KW)
		r = strcasecmp(x->to->node->word, y->to->node->word);
	return r ? r : (x->to->id > y->to->id) - (x->to->id < y->to->id);
}

static unsigned field_index(struct gram *g, const struct pos *p)
{
	const struct node *n = p->node;
	struct line *l = p->line ? p->line->primary : NULL;
	bool kw = n && n->kind == N_WORD && !n->name;

	(void)g;
	for (size_t i = 0; l && n && i < l->n_field; i++) {
		const struct field *f = &l->field[i];
		const char *name = kw ? n->word : n->name;
		bool same = (f->ctype == GR_C_KW) == kw && strlen(f->name) == strlen(name);

		for (size_t k = 0; same && name[k]; k++)
			same = f->name[k] == (isalnum((unsigned char)name[k]) ? name[k] : '_');
		if (same)
			return (unsigned)i;
	}
	return GR_NOFIELD;
}

static unsigned pos_flags(const struct pos *p)
{
	const struct node *n = p->node;

	return (n && n->dflt ? GR_P_DEFAULT : 0u) | (n && n->wide ? GR_P_WIDE : 0u) |
	       (n && n->whole ? GR_P_WHOLE : 0u) |
	       (n && n->kind == N_ARG && n->key ? GR_P_KEY : 0u) |
	       (p->head_done ? GR_P_HEADDONE : 0u) | (p->node && !p->visible ? GR_P_HIDDEN : 0u);
}

static void emit_pos(struct gram *g, struct strbuf *sb, const struct pos *p, size_t edge)
{
	size_t n_kw = 0;
	const struct node *n = p->node;

	while (n_kw < p->n_edge && pos_type(p->edge[n_kw].to) == GR_T_KW)
		n_kw++;
	sb_puts(sb, "\t{.word = ");
	c_string(sb, n ? node_placeholder(g, n) : "");
	sb_puts(sb, ", .help = ");
	c_string(sb, p->help);
	if (n && n->reason) {
		sb_puts(sb, ", .pending = ");
		c_string(sb, n->reason);
	}
	if (n && n->extra) {
		sb_puts(sb, ", .extra = ");
		c_string(sb, n->extra);
	}
	const struct node *num = n;

	if (n && n->kind == N_ARG && n->type == GR_T_REF && gram_definer(g, n->extra))
		num = line_key(gram_definer(g, n->extra));
	if (num && num->hi)
		sb_printf(sb, ", .lo = %lluu, .hi = %lluu", (unsigned long long)num->lo,
		        (unsigned long long)num->hi);
	sb_printf(sb,
	        ", .edge = %zu, .n_edge = %zu, .n_kw = %zu, .line = %d, .accept = %d, .type = %d, "
	        ".flags = %u, .field = %u",
	        edge, p->n_edge, n_kw, p->line ? p->line->id : 0, p->accept ? p->accept->id : 0,
	        (int)pos_type(p), pos_flags(p), field_index(g, p));
	sb_printf(sb, ", .set = %d, .member = %d, .priv = %d},\n", p->set, p->member, p->priv);
}

static void emit_graph(struct gram *g, struct strbuf *sb)
{
	size_t edge = 0;

	sb_puts(sb, "static const struct gr_pos positions[] = {\n");
	for (size_t i = 0; i < g->n_pos; i++) {
		if (g->pos[i]->n_edge)
			qsort(g->pos[i]->edge, g->pos[i]->n_edge, sizeof(struct edge), by_word);
		emit_pos(g, sb, g->pos[i], edge);
		edge += g->pos[i]->n_edge;
	}
	sb_puts(sb, "};\n\nstatic const struct gr_edge edges[] = {\n");
	for (size_t i = 0; i < g->n_pos; i++)
		for (size_t j = 0; j < g->pos[i]->n_edge; j++)
			sb_printf(sb, "\t{%d, %d},\n", g->pos[i]->edge[j].to->id,
			        g->pos[i]->edge[j].bit);
	sb_puts(sb, "};\n\n");
}

static void emit_fields(struct gram *g, struct strbuf *sb, const struct line *l)
{
	const char *sym = line_symbol(g, l);

	if (!l->n_field || l->kind == L_ALSO)
		return;
	sb_printf(sb, "static const struct gr_field f_%s[] = {\n", sym);
	for (size_t i = 0; i < l->n_field; i++) {
		const struct field *f = &l->field[i];

		if (f->ctype == GR_C_KW) {
			sb_printf(sb,
			        "\t{\"%s\", GR_C_KW, false, false, offsetof(struct gl_%s, kw_%s), "
			        "0, 0},\n",
			        f->name, sym, f->name);
			continue;
		}
		sb_printf(sb,
		        "\t{\"%s\", %d, %s, %s, offsetof(struct gl_%s, %s), offsetof(struct gl_%s, "
		        "has_%s), ",
		        f->name, f->ctype, f->list ? "true" : "false", f->key ? "true" : "false",
		        sym, f->name, sym, f->name);
		if (f->list)
			sb_printf(sb, "offsetof(struct gl_%s, n_%s)},\n", sym, f->name);
		else
			sb_puts(sb, "0},\n");
	}
	sb_puts(sb, "};\n");
}

static bool has_node(const struct node *n, enum gr_type type)
{
	if (n->kind == N_ARG && n->type == type)
		return true;
	for (size_t i = 0; i < n->n; i++)
		if (has_node(n->kid[i], type))
			return true;
	return false;
}

static bool has_reason(const struct node *n)
{
	if (n->reason)
		return true;
	for (size_t i = 0; i < n->n; i++)
		if (has_reason(n->kid[i]))
			return true;
	return false;
}

static unsigned line_flags(struct line *l)
{
	return (l->multi ? GR_L_MULTI : 0u) | (l->repeats ? GR_L_REPEATS : 0u) |
	       (l->fresh ? GR_L_FRESH : 0u) | (l->onoff ? GR_L_ONOFF : 0u) |
	       (l->keep ? GR_L_KEEP : 0u) | (l->wipe ? GR_L_WIPE : 0u) |
	       (line_key(l) ? GR_L_KEYED : 0u) | (has_node(l->expr, GR_T_REF) ? GR_L_HASREF : 0u) |
	       (has_node(l->expr, GR_T_SECRET) ? GR_L_SECRET : 0u) |
	       (l->hidden || l->kind == L_ALSO ? GR_L_HIDDEN : 0u) |
	       (has_reason(l->expr) ? GR_L_HASPENDING : 0u);
}

static void emit_line(struct gram *g, struct strbuf *sb, struct line *l)
{
	const char *sym = line_symbol(g, l);
	struct strbuf use = {0};

	usage_of(g, l->expr, &use);
	sb_printf(sb,
	        "\t[%d] = {.info = {.name = \"%s\", .mode = %d, .enters = %d, .usage = ", l->id,
	        l->name, l->mode->id, l->primary->enters ? l->primary->enters->id : 0);
	c_string(sb, sb_str(&use));
	sb_fini(&use);
	sb_printf(
	        sb, ", .resets_session = %d, .recorded = %d, .pending = ", l->resets, l->recorded);
	c_string(sb, l->pending);
	sb_printf(sb,
	        ", .bulk = %d, .priv = %d}, .primary = %d, .flags = %u, .lead = %d, .lead_text = ",
	        l->bulk, l->priv, l->primary->id, line_flags(l), l->lead_pos->id);
	c_string(sb, lead_text(g, l));
	if (l->deflt) {
		sb_puts(sb, ", .default_text = ");
		c_string(sb, *l->deflt ? arena_printf(&g->a, "%s %s", lead_text(g, l), l->deflt)
		                       : lead_text(g, l));
	}
	if (l->builtin) {
		sb_puts(sb, ", .builtin = ");
		c_string(sb, l->builtin);
	}
	if (l->adds) {
		sb_puts(sb, ", .adds = ");
		c_string(sb, l->adds);
	}
	if (l->numbered) {
		sb_puts(sb, ", .numbered = ");
		c_string(sb, l->numbered);
	}
	if (l->notice) {
		sb_puts(sb, ", .notice = ");
		c_string(sb, l->notice);
	}
	if (l->primary->n_field)
		sb_printf(sb, ", .field = f_%s, .n_field = %zu", sym, l->primary->n_field);
	sb_printf(sb, ", .size = sizeof(struct gl_%s)},\n", sym);
}

static void emit_modes(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, "};\n\nstatic const struct gr_section modes[] = {\n");
	for (struct mode *m = g->modes; m; m = m->next) {
		sb_printf(sb, "\t[%d] = {.info = {.name = \"%s\", .prompt = ", m->id, m->name);
		c_string(sb, m->prompt);
		sb_puts(sb, ", .title = ");
		c_string(sb, m->title);
		sb_printf(sb,
		        ", .parent = %d, .indent = %d}, .close = ", m->parent ? m->parent->id : 0,
		        m->indent);
		c_string(sb, m->close);
		sb_printf(sb, ", .start = %d, .enter = %d},\n", m->start->id,
		        m->enter ? m->enter->id : 0);
	}
	sb_puts(sb, "};\n\n");
}

static int emit_kinds(struct gram *g, struct strbuf *sb)
{
	struct strbuf rows = {0};
	int n = 0;

	for (struct line *l = g->lines; l; l = l->next) {
		if (!l->defines || gram_definer(g, l->defines) != l)
			continue;
		sb_printf(sb, "static const uint16_t k_%s[] = {", l->defines);
		for (struct line *d = l; d; d = d->next)
			if (d->defines && strcmp(d->defines, l->defines) == 0)
				sb_printf(sb, "%d, ", d->id);
		sb_puts(sb, "0};\n");
		sb_printf(&rows, "\t{\"%s\", k_%s},\n", l->defines, l->defines);
		n++;
	}
	sb_printf(sb, "\nstatic const struct gr_kind kinds[] = {\n%s\t{NULL, NULL},\n};\n\n",
	        sb_str(&rows));
	sb_fini(&rows);
	return n;
}

static void emit_tables(struct gram *g, struct strbuf *sb)
{
	sb_puts(sb, HEAD);
	sb_puts(sb,
	        "#include <stddef.h>\n\n#include \"lines.h\"\n#include \"grammar/tables.h\"\n\n");
	emit_graph(g, sb);
	for (struct line *l = g->lines; l; l = l->next)
		emit_fields(g, sb, l);
	sb_puts(sb, "\nstatic const struct gr_line lines[] = {\n");
	for (struct line *l = g->lines; l; l = l->next)
		emit_line(g, sb, l);
	emit_modes(g, sb);
	int n_kind = emit_kinds(g, sb);

	sb_printf(sb,
	        "const struct gr_tables gr_tab = {\n\t.pos = positions, .edge = edges, .line = "
	        "lines, .mode = modes, .kind = kinds,\n"
	        "\t.n_pos = %zu, .n_line = %d, .n_all = %d, .n_mode = %d, .n_kind = %d, .global = "
	        "%d, .exec = %d,\n};\n",
	        g->n_pos, g->n_line, g->n_all, g->n_mode, n_kind, g->global->id, g->exec->id);
}

/* ---- files --------------------------------------------------------------------------------- */

static bool same_file(const char *path, const struct strbuf *sb)
{
	FILE *f = fopen(path, "r");
	size_t i = 0;
	int c;

	if (!f)
		return false;
	while ((c = fgetc(f)) != EOF && i < sb->len && (char)c == sb->s[i])
		i++;
	fclose(f);
	return c == EOF && i == sb->len;
}

static bool write_file(struct gram *g, const char *dir, const char *name,
        void (*emit)(struct gram *, struct strbuf *))
{
	const char *path = arena_printf(&g->a, "%s/%s", dir, name);
	struct strbuf sb = {0};
	bool ok = true;

	emit(g, &sb);
	if (!same_file(path, &sb)) {
		FILE *f = fopen(path, "w");

		ok = f && fwrite(sb.s, 1, sb.len, f) == sb.len;
		if (f)
			ok &= fclose(f) == 0;
	}
	sb_fini(&sb);
	if (!ok)
		perror(path);
	return ok;
}

bool gram_emit(struct gram *g, const char *dir)
{
	return write_file(g, dir, "lines.h", emit_lines_h) &&
	       write_file(g, dir, "use.h", emit_use_h) &&
	       write_file(g, dir, "exec.h", emit_exec_h) &&
	       write_file(g, dir, "tables.c", emit_tables) &&
	       write_file(g, dir, "use_table.c", emit_use_table) &&
	       write_file(g, dir, "exec_table.c", emit_exec_table);
}
