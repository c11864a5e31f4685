/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions from a table: see dialog.h. */
#include "cli/dialog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/session_int.h"

struct dialog {
	const struct dialog_question *v;
	size_t n, at;
	void (*done)(struct session *s, void *state);
	void *state;
};

static void on_answer(struct session *s, const char *answer);

static void next(struct session *s)
{
	struct dialog *d = s->dialog;

	while (d->at < d->n && d->v[d->at].skip && d->v[d->at].skip(d->state))
		d->at++;
	if (d->at < d->n) {
		session_ask(s, ASK_LINE, on_answer, "%s", d->v[d->at].text);
		return;
	}
	void *state = d->state;
	void (*done)(struct session *, void *) = d->done;

	d->state = NULL;
	dialog_free(d);
	s->dialog = NULL;
	done(s, state);
}

static void on_answer(struct session *s, const char *answer)
{
	struct dialog *d = s->dialog;
	const char *why = "";

	answer += strspn(answer, " \t");
	if (d->v[d->at].take(d->state, answer, &why))
		d->at++;
	else
		session_printf(s, "%s\n", why);
	next(s);
}

void dialog_begin(struct session *s, const struct dialog_question *v, size_t n, void *state,
        void (*done)(struct session *s, void *state))
{
	struct dialog *d = xcalloc(1, sizeof(*d));

	*d = (struct dialog){.v = v, .n = n, .done = done, .state = state};
	dialog_free(s->dialog);
	s->dialog = d;
	next(s);
}

void dialog_free(struct dialog *d)
{
	if (!d)
		return;
	free(d->state);
	free(d);
}

bool dialog_number(const char *answer, uint32_t low, uint32_t high, uint32_t *out, const char **why)
{
	unsigned long long v;
	char *end;

	*why = "% Invalid number: it is out of range";
	if (!*answer)
		return true;
	v = strtoull(answer, &end, 10);
	end += strspn(end, " \t");
	if (*end || *answer == '-' || v < low || v > high)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool dialog_yes(const char *answer, bool *out, const char **why)
{
	size_t n = strlen(answer);

	*why = "% Please answer 'yes' or 'no'.";
	if (!n)
		return true;
	if (strncasecmp(answer, "yes", n) != 0 && strncasecmp(answer, "no", n) != 0)
		return false;
	*out = (answer[0] | 0x20) == 'y';
	return true;
}
