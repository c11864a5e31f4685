/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Argument types: which words they take, and how these are written canonically. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "grammar/ifname.h"
#include "grammar/match.h"

enum { WORD_MAX = 200 }; /* longer than any address, number or host name */

static bool word_copy(const char *s, size_t n, char out[WORD_MAX])
{
	if (n >= WORD_MAX)
		return false;
	memcpy(out, s, n);
	out[n] = '\0';
	return true;
}

static bool take_int(const struct gr_pos *p, const char *s, size_t n)
{
	uint64_t v = 0;

	if (n > 20)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t d = (uint64_t)(s[i] - '0');

		if (!isdigit((unsigned char)s[i]) || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	return n && v >= p->lo && v <= p->hi;
}

/* Dotted quads are most of what a large configuration is made of. */
static bool quad(const char *s, size_t n, uint32_t *out)
{
	const char *end = s + n;
	uint32_t v = 0;

	for (int part = 0; part < 4; part++) {
		unsigned x, d;

		if (part && (s == end || *s++ != '.'))
			return false;
		if (s == end || (x = (unsigned)*s - '0') > 9)
			return false;
		/* No more than three digits, none of them behind a leading 0. */
		for (s++; x && x < 100 && s < end && (d = (unsigned)*s - '0') <= 9; s++)
			x = x * 10 + d;
		if (x > 255)
			return false;
		v = v << 8 | x;
	}
	*out = v;
	return s == end;
}

static bool take_ip4(const struct gr_pos *p, const char *s, size_t n)
{
	uint32_t v;

	(void)p;
	return quad(s, n, &v);
}

static bool take_mask(const struct gr_pos *p, const char *s, size_t n)
{
	uint32_t v;

	(void)p;
	return quad(s, n, &v) && mask_to_len(v) >= 0;
}

static bool take_ip6(const struct gr_pos *p, const char *s, size_t n)
{
	char w[WORD_MAX];
	struct ipaddr a;

	(void)p;
	return memchr(s, ':', n) && word_copy(s, n, w) && ipaddr_parse6(w, &a);
}

static bool take_ip(const struct gr_pos *p, const char *s, size_t n)
{
	return take_ip4(p, s, n) || take_ip6(p, s, n);
}

static bool take_prefix(const char *s, size_t n, int family, struct prefix *out)
{
	char w[WORD_MAX];

	return memchr(s, '/', n) && word_copy(s, n, w) && prefix_parse(w, out) &&
	       out->addr.family == family;
}

static bool take_prefix4(const struct gr_pos *p, const char *s, size_t n)
{
	struct prefix x;

	(void)p;
	return take_prefix(s, n, AF_INET, &x);
}

static bool take_prefix6(const struct gr_pos *p, const char *s, size_t n)
{
	struct prefix x;

	(void)p;
	return take_prefix(s, n, AF_INET6, &x);
}

/* Slot/port or slot/subslot/port. */
static bool take_slot(const struct gr_pos *p, const char *s, size_t n)
{
	unsigned parts = 1, digits = 0;

	(void)p;
	for (size_t i = 0; i < n; i++) {
		if (isdigit((unsigned char)s[i]) && ++digits <= 2)
			continue;
		if (s[i] != '/' || !digits || digits > 2 || ++parts > 3)
			return false;
		digits = 0;
	}
	return digits && parts > 1;
}

static bool take_time(const struct gr_pos *p, const char *s, size_t n)
{
	unsigned v[3] = {0}, k = 0, digits = 0;

	(void)p;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == ':') {
			if (!digits || ++k == 3)
				return false;
			digits = 0;
		} else if (!isdigit((unsigned char)s[i]) || ++digits > 2) {
			return false;
		} else {
			v[k] = v[k] * 10 + (unsigned)(s[i] - '0');
		}
	}
	return k && digits && v[0] < 24 && v[1] < 60 && v[2] < 60;
}

static bool take_hex(const struct gr_pos *p, const char *s, size_t n)
{
	(void)p;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return n > 0;
}

/* The kinds of terminal lines; the console is written short. */
static const char *const ttys[][2] = {
        {"aux", "aux"}, {"console", "con"}, {"tty", "tty"}, {"vty", "vty"}};

static const char *tty_kind(const char *s, size_t n)
{
	for (size_t i = 0; n && i < ARRAY_LEN(ttys); i++)
		if (n <= strlen(ttys[i][0]) && strncasecmp(s, ttys[i][0], n) == 0)
			return ttys[i][1];
	return NULL;
}

static bool take_tty(const struct gr_pos *p, const char *s, size_t n)
{
	(void)p;
	return tty_kind(s, n) != NULL;
}

static bool take_host(const struct gr_pos *p, const char *s, size_t n)
{
	(void)p;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(".-_:", s[i]))
			return false;
	return n > 0 && n <= 255 && s[0] != '-' && s[0] != '.';
}

static bool take_ref(const struct gr_pos *p, const char *s, size_t n)
{
	return p->hi ? take_int(p, s, n) : true;
}

/* No control characters but blanks: what is stored is printed. */
static bool printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return true;
}

static bool take_any(const struct gr_pos *p, const char *s, size_t n)
{
	(void)p;
	return n > 0 && printable(s, n);
}

static bool (*const takes[GR_T_MAX])(const struct gr_pos *p, const char *s, size_t n) = {
        [GR_T_INT] = take_int,
        [GR_T_MASK] = take_mask,
        [GR_T_IP4] = take_ip4,
        [GR_T_WILD] = take_ip4,
        [GR_T_IP6] = take_ip6,
        [GR_T_IP] = take_ip,
        [GR_T_PREFIX4] = take_prefix4,
        [GR_T_PREFIX6] = take_prefix6,
        [GR_T_TIME] = take_time,
        [GR_T_SLOT] = take_slot,
        [GR_T_HEX] = take_hex,
        [GR_T_REF] = take_ref,
        [GR_T_TTY] = take_tty,
        [GR_T_HOST] = take_host,
        [GR_T_NAME] = take_any,
        [GR_T_WORD] = take_any,
};

static bool fits(const char *w, const char *only)
{
	char name[GR_IFNAME_MAX];

	return gr_ifname_canon(w, name) && (!only || gr_ifname_is(name, only));
}

/* The type and the number in two words, or all in one. */
static size_t take_ifname(const struct gr_pos *p, const struct gr_run *r, size_t i, bool *more)
{
	const struct gr_tok *a = &r->tok[i], *b = a + 1;
	bool type, last = i + 1 >= r->ntok;
	char w[2 * WORD_MAX];

	if (!isalpha((unsigned char)r->text[a->off]) || !word_copy(r->text + a->off, a->len, w))
		return 0;
	type = gr_iftype_word(w, p->extra) != NULL;
	if (type && !last && b->len < WORD_MAX && isdigit((unsigned char)r->text[b->off])) {
		memcpy(w + a->len, r->text + b->off, b->len);
		w[a->len + b->len] = '\0';
		if (fits(w, p->extra))
			return 2;
		w[a->len] = '\0';
	}
	if (fits(w, p->extra))
		return 1;
	*more = type && last;
	return 0;
}

size_t gr_type_take(const struct gr_pos *p, const struct gr_run *r, size_t i, bool *more)
{
	if (p->type == GR_T_LINE || p->type == GR_T_SECRET)
		return printable(r->text + r->tok[i].off, strlen(r->text + r->tok[i].off)) ? r->ntok - i : 0;
	if (p->type == GR_T_TEXT) /* as grammar/raw.h makes it */
		return strncmp(r->text + r->tok[i].off, "^C", 2) == 0 ? r->ntok - i : 0;
	if (p->type == GR_T_IFNAME)
		return take_ifname(p, r, i, more);
	return takes[p->type](p, r->text + r->tok[i].off, r->tok[i].len) ? 1 : 0;
}

/* ---- canonical text ------------------------------------------------------------------------ */

static void canon_int(const char *s, size_t n, struct strbuf *out)
{
	while (n > 1 && *s == '0')
		s++, n--;
	sb_add(out, s, n);
}

static void canon_ip6(const char *s, size_t n, struct strbuf *out)
{
	char w[WORD_MAX], buf[IPADDR_STRLEN];
	struct ipaddr a;

	if (!memchr(s, ':', n))
		sb_add(out, s, n);
	else if (word_copy(s, n, w) && ipaddr_parse6(w, &a))
		sb_puts(out, ipaddr_fmt(&a, buf));
	else
		sb_add(out, s, n);
}

static void canon_prefix(const char *s, size_t n, struct strbuf *out)
{
	char w[WORD_MAX], buf[PREFIX_STRLEN];
	struct prefix x;

	if (word_copy(s, n, w) && prefix_parse(w, &x))
		sb_puts(out, prefix_fmt(&x, buf));
}

static void canon_ifname(const char *s, size_t n, struct strbuf *out)
{
	char w[WORD_MAX], name[GR_IFNAME_MAX];
	size_t k = 0;

	for (size_t i = 0; i < n && k < WORD_MAX - 1; i++)
		if (s[i] != ' ' && s[i] != '\t')
			w[k++] = s[i];
	w[k] = '\0';
	if (gr_ifname_canon(w, name))
		sb_puts(out, name);
}

void gr_type_canon(const struct gr_pos *p, const char *s, size_t n, struct strbuf *out)
{
	switch (p->type) {
	case GR_T_INT:
		canon_int(s, n, out);
		break;
	case GR_T_REF:
		if (p->hi)
			canon_int(s, n, out);
		else
			sb_add(out, s, n);
		break;
	case GR_T_IP6:
	case GR_T_IP:
		canon_ip6(s, n, out);
		break;
	case GR_T_PREFIX4:
	case GR_T_PREFIX6:
		canon_prefix(s, n, out);
		break;
	case GR_T_TTY:
		sb_puts(out, tty_kind(s, n));
		break;
	case GR_T_IFNAME:
		canon_ifname(s, n, out);
		break;
	default:
		sb_add(out, s, n);
	}
}
