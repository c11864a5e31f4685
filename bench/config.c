/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config FILE: what reading a configuration costs, in one run, against the least that any reader
 * must do: a loop over the same text that cuts each line into words and hashes them.
 *
 *   ratio   parse + store ÷ tokenizer and hash, same file, best of several rounds
 *   bytes   heap per line (of a file of `ip route` lines: the figure of the design)
 *   edit    one line entered into this configuration ÷ the same line entered into an empty one
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grammar/grammar.h"

enum { ROUNDS = 3, EDITS = 2000, TURNS = 51 };

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static char *slurp(const char *path, size_t *lines)
{
	FILE *f = fopen(path, "r");
	struct strbuf sb = {0};
	char buf[65536];
	size_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sb_add(&sb, buf, n);
	fclose(f);
	*lines = 0;
	for (const char *s = sb_str(&sb); *s; s++)
		*lines += *s == '\n';
	return sb_take(&sb);
}

/* The floor: words cut at blanks, each into a 64-bit FNV-1a. The sum keeps the compiler honest. */
static uint64_t floor_loop(const char *s)
{
	uint64_t sum = 0, h = 14695981039346656037u;

	for (; *s; s++) {
		if (*s == ' ' || *s == '\n') {
			sum += h;
			h = 14695981039346656037u;
			continue;
		}
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	}
	return sum;
}

static double time_floor(const char *text)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double t = now_s();
		volatile uint64_t keep = floor_loop(text);

		(void)keep;
		t = now_s() - t;
		best = t < best ? t : best;
	}
	return best;
}

static void bad_line(void *ctx, unsigned no, const char *line, const struct gr_diag *d)
{
	(void)ctx;
	(void)d;
	fprintf(stderr, "refused, line %u: %s\n", no, line);
	exit(1);
}

static struct cfg *load(const char *text)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	cfg_load_text(ed, text, bad_line, NULL);
	struct cfg *c = cfg_ref(cfg_editor_candidate(ed));

	cfg_editor_free(ed);
	cfg_unref(empty);
	return c;
}

static double time_load(const char *text)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double t = now_s();
		struct cfg *c = load(text);

		t = now_s() - t;
		cfg_unref(c);
		best = t < best ? t : best;
	}
	return best;
}

/* One line at a terminal: match, edit, a new snapshot while the old one is still held by the
 * router. */
static double time_edits(const struct cfg *base)
{
	struct cfg_editor *ed = cfg_editor_new(base);
	struct cfg *running = cfg_ref(base);
	double t = now_s();

	for (int i = 0; i < EDITS; i++) {
		char line[80];

		snprintf(line, sizeof(line), "ip route 172.16.%d.0 255.255.255.0 192.0.2.1", i % 8);
		if (i / 8 % 2)
			memmove(line + 3, line, strlen(line) + 1), memcpy(line, "no ", 3);
		if (cfg_editor_line(ed, line, NULL).status != GR_OK)
			exit(1);
		struct cfg *old = running;

		running = cfg_ref(cfg_editor_candidate(ed));
		cfg_unref(old);
	}
	t = (now_s() - t) / EDITS;
	cfg_unref(running);
	cfg_editor_free(ed);
	return t;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* By turns in the one and in the other, so that what else the machine does meets both; medians. */
static void compare_edits(const struct cfg *empty, const struct cfg *full)
{
	double one[TURNS], many[TURNS];

	for (int i = 0; i < TURNS; i++) {
		one[i] = time_edits(empty);
		many[i] = time_edits(full);
	}
	qsort(one, TURNS, sizeof(one[0]), by_size);
	qsort(many, TURNS, sizeof(many[0]), by_size);
	printf("one line, empty             %.0f ns\n", one[TURNS / 2] * 1e9);
	printf("one line, this many         %.0f ns\n", many[TURNS / 2] * 1e9);
	printf("edit ratio                  %.2f\n", many[TURNS / 2] / one[TURNS / 2]);
}

int main(int argc, char **argv)
{
	size_t lines;

	if (argc != 2) {
		fprintf(stderr, "usage: config FILE\n");
		return 2;
	}
	char *text = slurp(argv[1], &lines);
	double floor_s = time_floor(text), load_s = time_load(text);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct cfg *full = load(text), *empty = cfg_new();
	size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;

	printf("lines                       %zu\n", lines);
	printf("tokenizer and hash          %.1f ns a line\n", floor_s / (double)lines * 1e9);
	printf("parse and store             %.1f ns a line\n", load_s / (double)lines * 1e9);
	printf("ratio                       %.1f\n", load_s / floor_s);
	printf("heap a line                 %.1f bytes\n",
	        (double)(after - before) / (double)lines);
	compare_edits(empty, full);
	cfg_unref(full);
	cfg_unref(empty);
	free(text);
	return 0;
}
