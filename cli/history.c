/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was typed, for `show history`: repeated lines once, empty ones never, keys masked. */
#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "flexvpn/startup.h"

void history_init(struct history *h)
{
	*h = (struct history){.size = HISTORY_DEFAULT};
}

static void drop_oldest(struct history *h)
{
	free(h->line[0]);
	memmove(h->line, h->line + 1, (h->n - 1) * sizeof(h->line[0]));
	h->n--;
}

void history_fini(struct history *h)
{
	while (h->n)
		drop_oldest(h);
}

void history_add(struct history *h, const char *line)
{
	const char *text = fx_mask_secrets(line);

	while (*text == ' ')
		text++;
	if (!*text || !h->size || (h->n && strcmp(h->line[h->n - 1], text) == 0))
		return;
	if (h->n == h->size)
		drop_oldest(h);
	h->line[h->n++] = xstrdup(text);
}

void history_resize(struct history *h, size_t size)
{
	h->size = size < HISTORY_MAX ? size : HISTORY_MAX;
	while (h->n > h->size)
		drop_oldest(h);
}
