/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event-trace ring: see trace.h. */
#include "base/trace.h"

#include <stdlib.h>

#include "base/mem.h"

void trace_init(struct trace *t, size_t entries)
{
	*t = (struct trace){.rec = xcalloc(entries, sizeof(*t->rec)), .cap = entries, .enabled = true};
}

void trace_fini(struct trace *t)
{
	free(t->rec);
	*t = (struct trace){0};
}

void trace_resize(struct trace *t, size_t entries)
{
	bool on = t->enabled;

	trace_fini(t);
	trace_init(t, entries);
	t->enabled = on;
}

void trace_clear(struct trace *t)
{
	t->head = t->used = 0;
}

void trace_put(struct trace *t, uint64_t when, uint32_t id, uint32_t subject, uintptr_t a, uintptr_t b, uintptr_t c)
{
	if (!t->enabled || !t->cap)
		return;
	t->rec[t->head] = (struct trace_rec){.when = when, .id = id, .subject = subject, .word = {a, b, c}};
	t->head = (t->head + 1) % t->cap;
	if (t->used < t->cap)
		t->used++;
}

const struct trace_rec *trace_at(const struct trace *t, size_t i)
{
	return i < t->used ? &t->rec[(t->head + t->cap - t->used + i) % t->cap] : NULL;
}
