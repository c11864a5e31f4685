/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command's questions, one behind the other: `Repeat count [5]: `. A table gives them; the
 * answers go into a state of the command's own, which `done` takes. A script answers with its next
 * lines.
 */
#ifndef SPOKE_CLI_DIALOG_H
#define SPOKE_CLI_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/session.h"

struct dialog;

struct dialog_question {
	const char *text;
	/* Takes an answer ("": the default). False: it is asked again, behind `why`. */
	bool (*take)(void *state, const char *answer, const char **why);
	bool (*skip)(const void *state); /* NULL: always asked */
};

/* Asks the `n` questions of `v` (static); then `done` owns `state`. Whoever interrupts the
 * questions ends the command. */
void dialog_begin(struct session *s, const struct dialog_question *v, size_t n, void *state,
        void (*done)(struct session *s, void *state));

void dialog_free(struct dialog *d); /* accepts NULL */

/* Answers as numbers and as yes or no; "" leaves `out` as it is. False: `why` is IOS's message. */
bool dialog_number(
        const char *answer, uint32_t low, uint32_t high, uint32_t *out, const char **why);
bool dialog_yes(const char *answer, bool *out, const char **why);

#endif
