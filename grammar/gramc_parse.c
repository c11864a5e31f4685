/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading .gram text: declarations at column 0, their expression on the indented lines below. One
 * cursor walks the text and counts lines; an expression ends where the next line starts at column
 * 0.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/gramc.h"

struct cur {
	struct gram *g;
	const char *s;
	struct place at;
	struct mode *section;
	bool bad; /* something was reported: skip to the next declaration */
};

static void fail(struct cur *c, const char *what)
{
	if (!c->bad)
		complain(c->g, c->at, "%s near \"%.*s\"", what, (int)strcspn(c->s, "\n"), c->s);
	c->bad = true;
}

/* Blanks and comments. Inside an expression also line ends, as long as the next line is indented.
 */
static void skip(struct cur *c, bool lines)
{
	for (;;) {
		if (*c->s == ' ' || *c->s == '\t' || *c->s == '\r') {
			c->s++;
		} else if (*c->s == '#') {
			c->s += strcspn(c->s, "\n");
		} else if (*c->s == '\n' && lines &&
		           (c->s[1] == ' ' || c->s[1] == '\t' || c->s[1] == '\n')) {
			c->s++;
			c->at.line++;
		} else if (*c->s == '\n' && lines && c->s[1] == '#') {
			c->s++;
			c->at.line++;
		} else {
			return;
		}
	}
}

static bool take(struct cur *c, char ch)
{
	if (*c->s != ch)
		return false;
	c->s++;
	return true;
}

static const char *quoted(struct cur *c, char q)
{
	char *out, *p;
	const char *start = c->s;

	if (!take(c, q))
		return NULL;
	p = out = arena_alloc(&c->g->a, strcspn(start, "\n") + 1);
	while (*c->s && *c->s != '\n' && *c->s != q) {
		if (c->s[0] == '\\' && c->s[1] == 'n') {
			*p++ = '\n';
			c->s += 2;
			continue;
		}
		if (*c->s == '\\' && c->s[1])
			c->s++;
		*p++ = *c->s++;
	}
	if (!take(c, q))
		fail(c, "quote is not closed");
	return out;
}

static const char *span(struct cur *c, const char *extra)
{
	const char *start = c->s;

	while (isalnum((unsigned char)*c->s) || (*c->s && strchr(extra, *c->s)))
		c->s++;
	return c->s == start ? NULL : arena_strndup(&c->g->a, start, (size_t)(c->s - start));
}

static struct node *node_new(struct cur *c, enum node_kind kind)
{
	struct node *n = arena_alloc(&c->g->a, sizeof(*n));

	n->kind = kind;
	n->at = c->at;
	return n;
}

static void add_kid(struct cur *c, struct node *n, struct node *kid)
{
	n->kid = grow(c->g, n->kid, n->n, sizeof(struct node *));
	n->kid[n->n++] = kid;
}

/* 'help', or '..' where it is given elsewhere. */
static void help(struct cur *c, struct node *n)
{
	if (*c->s != '\'') {
		fail(c, "help text is missing");
		return;
	}
	n->help = quoted(c, '\'');
	if (strcmp(n->help, "..") == 0)
		n->help = NULL;
	else if (!*n->help)
		fail(c, "help text is empty");
}

static struct node *word(struct cur *c)
{
	struct node *n = node_new(c, N_WORD);

	n->word = span(c, "_.+/-");
	if (!n->word) {
		fail(c, "expected a keyword, an argument or a bracket");
		return n;
	}
	if (strlen(n->word) >= GR_KW_MAX)
		fail(c, "keyword is too long");
	n->dflt = take(c, '*');
	n->wide = take(c, '~');
	n->whole = take(c, '=');
	help(c, n);
	if (take(c, '!'))
		n->reason = quoted(c, '"');
	return n;
}

/* ---- argument types ------------------------------------------------------------------------ */

static const struct type_name {
	const char *name;
	enum gr_type type;
} type_names[] = {
        {"word", GR_T_WORD},
        {"name", GR_T_NAME},
        {"line", GR_T_LINE},
        {"secret", GR_T_SECRET},
        {"ip4", GR_T_IP4},
        {"ip6", GR_T_IP6},
        {"ip", GR_T_IP},
        {"mask", GR_T_MASK},
        {"wild", GR_T_WILD},
        {"prefix4", GR_T_PREFIX4},
        {"prefix6", GR_T_PREFIX6},
        {"ifname", GR_T_IFNAME},
        {"host", GR_T_HOST},
        {"hex", GR_T_HEX},
        {"tty", GR_T_TTY},
        {"text", GR_T_TEXT},
        {"time", GR_T_TIME},
        {"slot", GR_T_SLOT},
        {"ref", GR_T_REF},
        {"int", GR_T_INT},
};

static void range(struct cur *c, struct node *n)
{
	char *end;

	n->type = GR_T_INT;
	n->lo = strtoull(c->s, &end, 10);
	if (*end != '-' || !isdigit((unsigned char)end[1])) {
		fail(c, "expected a range LO-HI");
		return;
	}
	n->hi = strtoull(end + 1, &end, 10);
	c->s = end;
	if (n->lo > n->hi)
		fail(c, "empty range");
}

static void arg_type(struct cur *c, struct node *n)
{
	if (isdigit((unsigned char)*c->s)) {
		range(c, n);
		return;
	}
	const char *name = span(c, "");
	size_t i = 0;

	while (name && i < ARRAY_LEN(type_names) && strcmp(type_names[i].name, name) != 0)
		i++;
	if (!name || i == ARRAY_LEN(type_names)) {
		fail(c, "unknown argument type");
		return;
	}
	n->type = type_names[i].type;
	if (take(c, '(')) {
		if (n->type == GR_T_INT)
			range(c, n);
		else
			n->extra = span(c, "_-");
		if (!take(c, ')'))
			fail(c, "expected )");
	}
	if (n->type == GR_T_INT && !n->hi)
		fail(c, "int needs a range");
	if (n->type == GR_T_REF && !n->extra)
		fail(c, "ref needs a kind");
}

/* <name: a'help' | b'help'>: keywords whose text is the argument's value. */
static struct node *enumerated(struct cur *c, const char *name)
{
	struct node *alt = node_new(c, N_ALT);

	do {
		skip(c, true);
		struct node *w = word(c);

		w->name = name;
		add_kid(c, alt, w);
		skip(c, true);
	} while (!c->bad && take(c, '|'));
	if (!take(c, '>'))
		fail(c, "expected | or >");
	return alt;
}

static struct node *argument(struct cur *c)
{
	struct node *n = node_new(c, N_ARG);

	c->s++;
	n->name = span(c, "_");
	if (!n->name || !take(c, ':')) {
		fail(c, "expected <name:type>");
		return n;
	}
	if (*c->s == ' ' || *c->s == '\n')
		return enumerated(c, n->name);
	arg_type(c, n);
	n->key = take(c, '#');
	if (!take(c, '>'))
		fail(c, "expected >");
	help(c, n);
	return n;
}

/* ---- expressions --------------------------------------------------------------------------- */

static struct node *alternatives(struct cur *c, enum node_kind kind, char close);

static void mark_loop(struct node *n)
{
	n->in_loop = true;
	for (size_t i = 0; i < n->n; i++)
		mark_loop(n->kid[i]);
}

static struct node *item(struct cur *c)
{
	struct node *n;

	switch (*c->s) {
	case '<':
		return argument(c);
	case '[':
		n = node_new(c, N_OPT);
		c->s++;
		add_kid(c, n, alternatives(c, N_ALT, ']'));
		return n;
	case '{':
		c->s++;
		n = alternatives(c, N_SET, '}');
		n->at_least_one = take(c, '+');
		return n;
	case '(':
		c->s++;
		n = alternatives(c, N_ALT, ')');
		if (take(c, '+')) {
			struct node *loop = node_new(c, N_PLUS);

			add_kid(c, loop, n);
			mark_loop(loop);
			return loop;
		}
		return n;
	default:
		return word(c);
	}
}

static struct node *sequence(struct cur *c)
{
	struct node *n = node_new(c, N_SEQ);

	for (;;) {
		skip(c, true);
		if (c->bad || !*c->s || *c->s == '\n' || strchr("|)]}", *c->s))
			return n;
		add_kid(c, n, item(c));
	}
}

static struct node *alternatives(struct cur *c, enum node_kind kind, char close)
{
	struct node *n = node_new(c, kind);

	do {
		struct node *s = sequence(c);

		if (!s->n)
			fail(c, "empty alternative");
		add_kid(c, n, s);
	} while (!c->bad && take(c, '|'));
	if (!take(c, close))
		fail(c, "bracket is not closed");
	return n;
}

static struct node *expression(struct cur *c)
{
	skip(c, true);
	struct node *n = sequence(c);

	if (!c->bad && *c->s && *c->s != '\n')
		fail(c, "unexpected text");
	if (!c->bad && !n->n)
		fail(c, "expression is missing");
	return n;
}

/* ---- declarations -------------------------------------------------------------------------- */

static const char *ident(struct cur *c)
{
	skip(c, false);
	const char *s = span(c, "_");

	if (!s)
		fail(c, "expected a name");
	return s ? s : "";
}

static const char *string(struct cur *c)
{
	skip(c, false);
	const char *s = quoted(c, '"');

	if (!s)
		fail(c, "expected a string in double quotes");
	return s ? s : "";
}

static int number(struct cur *c)
{
	skip(c, false);
	return atoi(ident(c));
}

static const char *flag_word(struct cur *c)
{
	skip(c, false);
	return *c->s == '\n' || !*c->s ? NULL : ident(c);
}

struct mode *gram_mode(struct gram *g, const char *name)
{
	for (struct mode *m = g->modes; m; m = m->next)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static void section_decl(struct cur *c)
{
	const char *name = ident(c), *f;
	struct mode *m = gram_mode(c->g, name);

	skip(c, false);
	if (*c->s == '\n' || !*c->s) {
		if (!m)
			complain(c->g, c->at, "section \"%s\" is not declared", name);
		c->section = m ? m : c->section;
		return;
	}
	if (m)
		complain(c->g, c->at, "section \"%s\" is declared at %s:%d already", name,
		        m->at.file, m->at.line);
	m = arena_alloc(&c->g->a, sizeof(*m));
	m->name = name;
	m->at = c->at;
	m->prompt = string(c);
	m->parent_name = "global";
	while (!c->bad && (f = flag_word(c))) {
		if (strcmp(f, "indent") == 0)
			m->indent = number(c);
		else if (strcmp(f, "title") == 0)
			m->title = string(c);
		else if (strcmp(f, "in") == 0)
			m->parent_name = ident(c);
		else if (strcmp(f, "close") == 0)
			m->close = string(c);
		else
			complain(c->g, c->at, "unknown section flag \"%s\"", f);
	}
	if (!m->title)
		complain(c->g, c->at, "section \"%s\" has no title", name);
	*c->g->mode_tail = m;
	c->g->mode_tail = &m->next;
	c->section = m;
}

static bool bool_flag(struct line *l, const char *f)
{
	const struct {
		const char *name;
		bool *at;
	} flags[] = {
	        {"multi", &l->multi},
	        {"repeats", &l->repeats},
	        {"fresh", &l->fresh},
	        {"onoff", &l->onoff},
	        {"keep", &l->keep},
	        {"wipe", &l->wipe},
	        {"recorded", &l->recorded},
	        {"bulk", &l->bulk},
	        {"hidden", &l->hidden},
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(flags[i].name, f) == 0)
			return *flags[i].at = true;
	return false;
}

static bool string_flag(struct cur *c, struct line *l, const char *f)
{
	const struct {
		const char *name;
		const char **at;
	} flags[] = {
	        {"default", &l->deflt},
	        {"pending", &l->pending},
	        {"builtin", &l->builtin},
	        {"notice", &l->notice},
	        {"adds", &l->adds},
	        {"numbered", &l->numbered},
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(flags[i].name, f) == 0) {
			*flags[i].at = string(c);
			return true;
		}
	return false;
}

static void line_flag(struct cur *c, struct line *l, const char *f, const char **parent)
{
	if (bool_flag(l, f) || string_flag(c, l, f))
		return;
	if (strcmp(f, "in") == 0)
		*parent = ident(c);
	else if (strcmp(f, "defines") == 0)
		l->defines = ident(c);
	else if (strcmp(f, "priv") == 0)
		l->priv = number(c);
	else if (strcmp(f, "resets") == 0 && strcmp(ident(c), "session") == 0)
		l->resets = true;
	else
		complain(c->g, l->at, "unknown flag \"%s\"", f);
}

static void line_decl(struct cur *c, enum line_kind kind)
{
	struct line *l = arena_alloc(&c->g->a, sizeof(*l));
	const char *parent = NULL, *f;

	l->kind = kind;
	l->at = c->at;
	l->name = ident(c);
	l->priv = 1;
	while (!c->bad && (f = flag_word(c)))
		line_flag(c, l, f, &parent);
	if (kind == L_ENTER && !parent)
		parent = "global";
	l->mode = kind == L_EXEC ? c->g->exec : parent ? gram_mode(c->g, parent) : c->section;
	if (!l->mode) {
		complain(c->g, l->at, "no section \"%s\"", parent ? parent : "");
		l->mode = c->g->global;
	}
	if (kind == L_ENTER)
		l->enters = gram_mode(c->g, l->name);
	l->expr = expression(c);
	if (c->bad)
		return;
	*c->g->line_tail = l;
	c->g->line_tail = &l->next;
}

static void declaration(struct cur *c)
{
	const char *what = span(c, "_");

	c->bad = false;
	if (what && strcmp(what, "section") == 0)
		section_decl(c);
	else if (what && strcmp(what, "line") == 0)
		line_decl(c, L_LINE);
	else if (what && strcmp(what, "enter") == 0)
		line_decl(c, L_ENTER);
	else if (what && strcmp(what, "also") == 0)
		line_decl(c, L_ALSO);
	else if (what && strcmp(what, "exec") == 0)
		line_decl(c, L_EXEC);
	else
		fail(c, "expected section, enter, line, also or exec");
}

void gram_parse(struct gram *g, const char *file, const char *text)
{
	struct cur c = {.g = g, .s = text, .at = {file, 1}, .section = g->global};

	while (*c.s) {
		if (*c.s == '\n') {
			c.s++;
			c.at.line++;
		} else if (*c.s == '#' || *c.s == ' ' || *c.s == '\t') {
			if (*c.s != '#' && c.s[strspn(c.s, " \t\r")] != '\n' &&
			        c.s[strspn(c.s, " \t\r")] != '#' && !c.bad)
				fail(&c, "indented text without a declaration");
			c.s += strcspn(c.s, "\n");
		} else {
			declaration(&c);
			c.s += strcspn(c.s, "\n");
		}
	}
}
