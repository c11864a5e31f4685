/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interface names: abbreviations, canonical form, order. A name of no IOS type that Linux could
 * bear is kept as it is. */
#include "grammar/ifname.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PORT "<0-32>/<0-48>"

/* An abbreviation means the first type whose least form it reaches. Ranks: loopbacks, tunnels, port
 * channels, physical ports, templates, VLANs. */
static const struct gr_iftype types[] = {
        /* name, short, help, least, number, lo, hi, rank */
        {"Ethernet", "Et", "IEEE 802.3", "e", PORT, 0, 32, 4},
        {"FastEthernet", "Fa", "FastEthernet IEEE 802.3", "f", PORT, 0, 32, 4},
        {"GigabitEthernet", "Gi", "GigabitEthernet IEEE 802.3z", "g", PORT, 0, 32, 4},
        {"TwoGigabitEthernet", "Tw", "TwoGigabitEthernet IEEE 802.3z", "tw", PORT, 0, 32, 4},
        {"FiveGigabitEthernet", "Fi", "FiveGigabitEthernet IEEE 802.3z", "fi", PORT, 0, 32, 4},
        {"TenGigabitEthernet", "Te", "Ten Gigabit Ethernet", "te", PORT, 0, 32, 4},
        {"TwentyFiveGigE", "Twe", "Twenty Five Gigabit Ethernet", "twe", PORT, 0, 32, 4},
        {"FortyGigabitEthernet", "Fo", "Forty Gigabit Ethernet", "fo", PORT, 0, 32, 4},
        {"HundredGigE", "Hu", "Hundred Gigabit Ethernet", "h", PORT, 0, 32, 4},
        {"Loopback", "Lo", "Loopback interface", "lo", "<0-2147483647>", 0, 2147483647, 1},
        {"Tunnel", "Tu", "Tunnel interface", "t", "<0-2147483647>", 0, 2147483647, 2},
        {"Virtual-Template", "Vt", "Virtual Template interface", "virtual-t", "<1-4095>", 1, 4095,
                6},
        {"Virtual-Access", "Vi", "Virtual Access interface", "virtual-a", "<1-2147483647>", 1,
                2147483647, 6},
        {"Vlan", "Vl", "Catalyst Vlans", "vl", "<1-4094>", 1, 4094, 7},
        {"BDI", "BD", "Bridge-Domain interface", "bd", "<1-4096>", 1, 4096, 7},
        {"Port-channel", "Po", "Ethernet Channel of interfaces", "po", "<1-512>", 1, 512, 3},
        {"Dialer", "Di", "Dialer interface", "di", "<0-255>", 0, 255, 5},
        {"Cellular", "Ce", "Cellular WAN interface", "ce", PORT, 0, 32, 5},
        {"Serial", "Se", "Serial interface", "s", PORT, 0, 32, 5},
        {"Async", "As", "Async interface", "async", PORT, 0, 999, 5},
        {"ATM", "AT", "ATM interface", "atm", PORT, 0, 32, 5},
        {"Embedded-Service-Engine", "EM", "Embedded service engine", "embedded", PORT, 0, 32, 4},
        {"Service-Engine", "SE", "Service engine", "service-e", PORT, 0, 32, 4},
        {"AppGigabitEthernet", "Ap", "Interface of applications", "appg", PORT, 0, 32, 4},
        {"VirtualPortGroup", "VP", "Virtual port group", "virtualp", "<0-31>", 0, 31, 6},
        {"Wlan-GigabitEthernet", "Wl", "Interface of the access point", "wlan-g", PORT, 0, 32, 4},
        {"Null", "Nu", "Null interface", "nu", "<0-0>", 0, 0, 8},
};
enum { RANK_NATIVE = 9 };

const struct gr_iftype *gr_iftype_at(size_t i)
{
	return i < ARRAY_LEN(types) ? &types[i] : NULL;
}

/* Longest least form first, so that `tw` is not a Tunnel: `t` reaches Tunnel only while nothing
 * longer is reached. */
static const struct gr_iftype *type_of(const char *w, size_t n)
{
	const struct gr_iftype *best = NULL;
	size_t best_least = 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t least;

		if ((types[i].name[0] ^ w[0]) & ~0x20)
			continue;
		least = strlen(types[i].least);
		if (n < least || strncasecmp(types[i].name, w, n) != 0)
			continue;
		if (!types[i].name[n])
			return &types[i];
		if (!best || least > best_least)
			best = &types[i], best_least = least;
	}
	return best;
}

static size_t type_len(const char *s)
{
	size_t n = 0;

	while (isalpha((unsigned char)s[n]) || (s[n] == '-' && isalpha((unsigned char)s[n + 1])))
		n++;
	return n;
}

const struct gr_iftype *gr_iftype_word(const char *w, const char *only)
{
	size_t n = type_len(w);
	const struct gr_iftype *t = n && !w[n] ? type_of(w, n) : NULL;

	return t && (!only || strcmp(t->name, only) == 0) ? t : NULL;
}

/* N, S/P, S/B/P, a channel group of a port (S/B/P:G) and a sub-interface: values, their number,
 * which of them is the group, and whether the last stands behind a dot. */
struct number {
	uint32_t v[5];
	size_t n, group; /* 0: none */
	bool sub;
};

static bool number_parse(const char *s, struct number *x)
{
	*x = (struct number){0};
	for (;;) {
		const char *end = s;
		uint64_t v = 0;

		if (!isdigit((unsigned char)*s) || x->n == ARRAY_LEN(x->v))
			return false;
		while (isdigit((unsigned char)*end) && end - s < 11)
			v = v * 10 + (uint64_t)(*end++ - '0');
		if (v > UINT32_MAX || end - s > 10)
			return false;
		x->v[x->n++] = (uint32_t)v;
		if (!*end)
			return !x->sub || x->v[x->n - 1] > 0;
		if ((*end != '/' && *end != '.' && *end != ':') || x->sub ||
		        (x->group && *end != '.'))
			return false;
		x->sub = *end == '.';
		if (*end == ':')
			x->group = x->n;
		s = end + 1;
	}
}

static bool number_fits(const struct gr_iftype *t, const struct number *x, bool lower_case)
{
	size_t ports = x->group ? x->group : x->n - (x->sub ? 1 : 0);

	if (strcmp(t->number, PORT) != 0)
		return ports == 1 && x->v[0] >= t->lo && x->v[0] <= t->hi;
	/* `eth0` is a name of Linux, `Ethernet0` one of old routers. */
	if (lower_case && ports == 1 && t == &types[0])
		return false;
	return ports <= 3 && (!x->group || (ports > 1 && strcmp(t->name, "Serial") == 0));
}

/* What stands in front of a value. */
static const char *mark(const struct number *x, size_t i)
{
	return !i ? "" : x->sub && i + 1 == x->n ? "." : x->group && i == x->group ? ":" : "/";
}

static bool native(const char *s)
{
	size_t n = strlen(s);

	if (!islower((unsigned char)s[0]) || n > 15)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(".-_@", s[i]))
			return false;
	/* A type that waits for its number is no name, except that of Linux's own loopback. */
	return !gr_iftype_word(s, NULL) || strcmp(s, "lo") == 0;
}

bool gr_ifname_canon(const char *s, char out[40])
{
	char w[64];
	size_t k = 0, n;
	struct number x;

	for (; *s; s++) {
		if (*s == ' ' || *s == '\t')
			continue;
		if (k == sizeof(w) - 1)
			return false;
		w[k++] = *s;
	}
	w[k] = '\0';
	n = type_len(w);
	const struct gr_iftype *t = n ? type_of(w, n) : NULL;
	bool lower = islower((unsigned char)w[0]) && n < 8;

	if (t && number_parse(w + n, &x) && number_fits(t, &x, lower)) {
		int len = snprintf(out, GR_IFNAME_MAX, "%s", t->name);

		for (size_t i = 0; i < x.n; i++)
			len += snprintf(out + len, (size_t)(GR_IFNAME_MAX - len), "%s%u",
			        mark(&x, i), x.v[i]);
		return len < GR_IFNAME_MAX;
	}
	if (!native(w) || (t && number_parse(w + n, &x) && t != &types[0]))
		return false;
	memcpy(out, w, k + 1);
	return true;
}

bool gr_ifname_is(const char *canon, const char *type)
{
	size_t n;

	if (*canon != *type)
		return false;
	n = strlen(type);
	return strncmp(canon, type, n) == 0 && isdigit((unsigned char)canon[n]);
}

static const struct gr_iftype *type_of_canon(const char *canon)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (gr_ifname_is(canon, types[i].name))
			return &types[i];
	return NULL;
}

const char *gr_ifname_short(const char *canon, char out[40])
{
	const struct gr_iftype *t = type_of_canon(canon);

	snprintf(out, GR_IFNAME_MAX, "%s%s", t ? t->brief : "", canon + (t ? strlen(t->name) : 0));
	return out;
}

static void put32(struct strbuf *sb, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		sb_putc(sb, (char)(v >> shift & 0xff));
}

void gr_ifname_key(const char *canon, struct strbuf *out)
{
	const struct gr_iftype *t = type_of_canon(canon);
	struct number x;

	if (!t || !number_parse(canon + strlen(t->name), &x)) {
		sb_putc(out, RANK_NATIVE);
		sb_add(out, canon, strlen(canon) + 1);
		return;
	}
	sb_putc(out, (char)t->rank);
	sb_putc(out, (char)(t - types));
	for (size_t i = 0; i < x.n; i++) {
		put32(out, x.v[i]);
		sb_putc(out, i + 1 == x.n                  ? 0
		             : x.sub && i + 2 == x.n       ? 1
		             : x.group && i + 1 == x.group ? 3
		                                           : 2);
	}
}
