/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer behind every show command: one walk fills it, and gives either IOS's text or JSON.
 *
 * out_text() prints in text mode only; the out_obj/out_list/out_str/out_int/out_bool family writes JSON only; the
 * out_field_* family does both: `fmt` (with one conversion) in text, `"key": value` in JSON. A walk that brackets its
 * objects therefore needs no test of the mode.
 */
#ifndef SPOKE_BASE_OUT_H
#define SPOKE_BASE_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

enum out_mode { OUT_TEXT, OUT_JSON };

struct out {
	enum out_mode mode;
	struct strbuf sb;
	int depth;
	bool first; /* nothing yet in the innermost JSON container */
};

void out_init(struct out *o, enum out_mode mode);
void out_fini(struct out *o);
const char *out_str_so_far(const struct out *o);

void out_text(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* JSON structure; `key` is NULL inside a list and for the outermost value. */
void out_obj(struct out *o, const char *key);
void out_obj_end(struct out *o);
void out_list(struct out *o, const char *key);
void out_list_end(struct out *o);
void out_str(struct out *o, const char *key, const char *val);
void out_int(struct out *o, const char *key, int64_t val);
void out_bool(struct out *o, const char *key, bool val);

/* Both modes at once. `fmt` has exactly one %s (field_str), one %lld (field_int). */
void out_field_str(struct out *o, const char *key, const char *fmt, const char *val);
void out_field_int(struct out *o, const char *key, const char *fmt, int64_t val);

#endif
