/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-mode writer: see out.h. */
#include "base/out.h"

#include <string.h>

void out_init(struct out *o, enum out_mode mode)
{
	*o = (struct out){.mode = mode, .first = true};
}

void out_fini(struct out *o)
{
	sb_fini(&o->sb);
}

const char *out_str_so_far(const struct out *o)
{
	return sb_str(&o->sb);
}

void out_text(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->mode != OUT_TEXT)
		return;
	va_start(ap, fmt);
	sb_vprintf(&o->sb, fmt, ap);
	va_end(ap);
}

static void json_quote(struct strbuf *sb, const char *s)
{
	sb_putc(sb, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			sb_printf(sb, "\\%c", c);
		else if (c < 0x20)
			sb_printf(sb, "\\u%04x", c);
		else
			sb_putc(sb, (char)c);
	}
	sb_putc(sb, '"');
}

static void json_indent(struct out *o)
{
	for (int i = 0; i < o->depth; i++)
		sb_puts(&o->sb, "  ");
}

/* Separator, indentation and key of the next value. */
static bool json_next(struct out *o, const char *key)
{
	if (o->mode != OUT_JSON)
		return false;
	if (o->depth) {
		sb_puts(&o->sb, o->first ? "\n" : ",\n");
		json_indent(o);
	}
	o->first = false;
	if (key) {
		json_quote(&o->sb, key);
		sb_puts(&o->sb, ": ");
	}
	return true;
}

static void json_open(struct out *o, const char *key, char bracket)
{
	if (!json_next(o, key))
		return;
	sb_putc(&o->sb, bracket);
	o->depth++;
	o->first = true;
}

static void json_close(struct out *o, char bracket)
{
	if (o->mode != OUT_JSON)
		return;
	o->depth--;
	if (!o->first) {
		sb_putc(&o->sb, '\n');
		json_indent(o);
	}
	sb_putc(&o->sb, bracket);
	o->first = false;
	if (!o->depth)
		sb_putc(&o->sb, '\n');
}

void out_obj(struct out *o, const char *key)
{
	json_open(o, key, '{');
}

void out_obj_end(struct out *o)
{
	json_close(o, '}');
}

void out_list(struct out *o, const char *key)
{
	json_open(o, key, '[');
}

void out_list_end(struct out *o)
{
	json_close(o, ']');
}

void out_str(struct out *o, const char *key, const char *val)
{
	if (json_next(o, key))
		json_quote(&o->sb, val);
}

void out_int(struct out *o, const char *key, int64_t val)
{
	if (json_next(o, key))
		sb_printf(&o->sb, "%lld", (long long)val);
}

void out_bool(struct out *o, const char *key, bool val)
{
	if (json_next(o, key))
		sb_puts(&o->sb, val ? "true" : "false");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void out_field_str(struct out *o, const char *key, const char *fmt, const char *val)
{
	if (o->mode == OUT_TEXT)
		sb_printf(&o->sb, fmt, val);
	else
		out_str(o, key, val);
}

void out_field_int(struct out *o, const char *key, const char *fmt, int64_t val)
{
	if (o->mode == OUT_TEXT)
		sb_printf(&o->sb, fmt, (long long)val);
	else
		out_int(o, key, val);
}
#pragma GCC diagnostic pop
