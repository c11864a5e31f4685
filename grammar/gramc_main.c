/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gramc ORDER-FILE OUT-DIR: compile the .gram files that ORDER-FILE lists (one a line, beside it)
 * into OUT-DIR. See gramc.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/gramc.h"

enum { MAX_ERRORS = 100 };

void complain(struct gram *g, struct place at, const char *fmt, ...)
{
	va_list ap;

	if (g->errors++ >= MAX_ERRORS)
		return;
	fprintf(stderr, "%s:%d: error: ", at.file, at.line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void *grow(struct gram *g, void *v, size_t n, size_t size)
{
	if (n & (n - 1) || (n == 0 && v))
		return v;
	void *fresh = arena_alloc(&g->a, (n ? 2 * n : 1) * size);

	if (n)
		memcpy(fresh, v, n * size);
	return fresh;
}

static char *slurp(struct gram *g, const char *path)
{
	FILE *f = fopen(path, "r");
	struct strbuf sb = {0};
	char buf[8192];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sb_add(&sb, buf, n);
	fclose(f);
	char *text = arena_strdup(&g->a, sb_str(&sb));

	sb_fini(&sb);
	return text;
}

static struct mode *root_mode(
        struct gram *g, const char *name, const char *prompt, const char *title)
{
	struct mode *m = arena_alloc(&g->a, sizeof(*m));

	*m = (struct mode){.name = name, .prompt = prompt, .title = title};
	*g->mode_tail = m;
	g->mode_tail = &m->next;
	return m;
}

static void read_files(struct gram *g, const char *order)
{
	const char *slash = strrchr(order, '/');
	char *list = slurp(g, order), *save = NULL;
	struct place at = {order, 0};

	if (!list) {
		complain(g, at, "cannot be read");
		return;
	}
	for (char *name = strtok_r(list, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
		if (*name == '#' || !name[strspn(name, " \t\r")])
			continue;
		const char *path = arena_printf(
		        &g->a, "%.*s%s", slash ? (int)(slash - order + 1) : 0, order, name);
		const char *text = slurp(g, path);

		if (text)
			gram_parse(g, path, text);
		else
			complain(g, (struct place){path, 1}, "cannot be read, but %s lists it",
			        order);
	}
}

int main(int argc, char **argv)
{
	struct gram g = {.mode_tail = &g.modes, .line_tail = &g.lines};

	if (argc != 3) {
		fprintf(stderr, "usage: gramc ORDER-FILE OUT-DIR\n");
		return 2;
	}
	arena_init(&g.a);
	g.global = root_mode(&g, "global", "(config)#", "Configure commands:");
	g.exec = root_mode(&g, "exec", "#", "Exec commands:");
	read_files(&g, argv[1]);
	if (!g.errors)
		gram_graph(&g);
	bool ok = !g.errors && gram_emit(&g, argv[2]);

	if (g.errors)
		fprintf(stderr, "gramc: %d mistakes\n", g.errors);
	arena_fini(&g.a);
	return ok ? 0 : 1;
}
