/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IKE on disk, for Wireshark: see capture.h. Packets are written with the IP and UDP headers that
 * they had or will have. */
#include "flexvpn/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	MAGIC = 0x1a2b3c4d,
	LINK_RAW = 101, /* IPv4 or IPv6, by the first four bits */
	IP4_HDR = 20,
	IP6_HDR = 40,
	UDP_HDR = 8,
	MARKER = 4,
	UDP = 17,
	MAX_OCTETS = 64 << 20,
};

struct fx_capture {
	char *path;
	FILE *packets, *keys;
	size_t octets;
};

/* ---- blocks (draft-ietf-opsawg-pcapng §3, §4), in the byte order of this machine
 * ------------------------------------------- */

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void put_section(FILE *f)
{
	const uint16_t version[] = {1, 0};
	const uint64_t unknown = UINT64_MAX;

	put32(f, BLOCK_SECTION);
	put32(f, 28);
	put32(f, MAGIC);
	fwrite(version, sizeof(version), 1, f);
	fwrite(&unknown, sizeof(unknown), 1, f);
	put32(f, 28);
}

static void put_interface(FILE *f)
{
	put32(f, BLOCK_INTERFACE);
	put32(f, 20);
	put32(f, LINK_RAW);
	put32(f, 0);
	put32(f, 20);
}

static void put_packet(struct fx_capture *c, struct span head, struct span data)
{
	static const uint8_t zeros[4];
	size_t n = head.n + data.n, pad = (4 - n % 4) % 4, block = 32 + n + pad;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	uint64_t us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;

	put32(c->packets, BLOCK_PACKET);
	put32(c->packets, (uint32_t)block);
	put32(c->packets, 0);
	put32(c->packets, (uint32_t)(us >> 32));
	put32(c->packets, (uint32_t)us);
	put32(c->packets, (uint32_t)n);
	put32(c->packets, (uint32_t)n);
	fwrite(head.p, 1, head.n, c->packets);
	fwrite(data.p, 1, data.n, c->packets);
	fwrite(zeros, 1, pad, c->packets);
	put32(c->packets, (uint32_t)block);
	c->octets += block;
}

/* ---- packets
 * ---------------------------------------------------------------------------------------------------------------
 */

static uint16_t ip_checksum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (int i = 0; i < IP4_HDR; i += 2)
		sum += get_u16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_ip4(
        struct wr *w, const struct endpoint *from, const struct endpoint *to, size_t udp)
{
	wr_u16(w, 0x4500);
	wr_u16(w, (uint16_t)(IP4_HDR + udp));
	wr_u32(w, 0);
	wr_u8(w, 64);
	wr_u8(w, UDP);
	wr_u16(w, 0);
	wr_bytes(w, from->addr.b, 4);
	wr_bytes(w, to->addr.b, 4);
	wr_patch_u16(w, 10, ip_checksum(w->p));
}

static void put_ip6(
        struct wr *w, const struct endpoint *from, const struct endpoint *to, size_t udp)
{
	wr_u32(w, 6u << 28);
	wr_u16(w, (uint16_t)udp);
	wr_u8(w, UDP);
	wr_u8(w, 64);
	wr_bytes(w, from->addr.b, 16);
	wr_bytes(w, to->addr.b, 16);
}

static void full(struct fx *x)
{
	log_notice("The capture of IKEv2 ends: %s has %u MB", x->capture->path, MAX_OCTETS >> 20);
	fx_capture_stop(x);
}

void fx_capture_packet(struct fx *x, const struct dgram *d, bool sent)
{
	const struct endpoint *from = sent ? &d->local : &d->remote,
	                      *to = sent ? &d->remote : &d->local;
	size_t marker = d->natt ? MARKER : 0, udp = UDP_HDR + marker + d->len;
	uint8_t head[IP6_HDR + UDP_HDR + MARKER];
	struct wr w = wr_init(head, sizeof(head));

	if (!x->capture || d->keepalive)
		return;
	if (from->addr.family == AF_INET)
		put_ip4(&w, from, to, udp);
	else
		put_ip6(&w, from, to, udp);
	wr_u16(&w, from->port);
	wr_u16(&w, to->port);
	wr_u16(&w, (uint16_t)udp);
	wr_u16(&w, 0);
	wr_zero(&w, marker);
	put_packet(x->capture, span_of(w.p, w.len), span_of(d->data, d->len));
	fflush(x->capture->packets);
	if (x->capture->octets > MAX_OCTETS)
		full(x);
}

/* ---- keys
 * -------------------------------------------------------------------------------------------------------------------
 */

/* Wireshark's names. NULL: it does not know the cipher, and the SA stays closed. */
static const char *encr_name(const struct ike_encr *e, char buf[64])
{
	switch (e->id) {
	case ENCR_3DES:
		return "3DES [RFC2451]";
	case ENCR_AES_CBC:
		snprintf(buf, 64, "AES-CBC-%u [RFC3602]", e->bits);
		return buf;
	case ENCR_AES_GCM_16:
		snprintf(buf, 64, "AES-GCM-%u with 16 octet ICV [RFC5282]", e->bits);
		return buf;
	default:
		return NULL;
	}
}

static const char *integ_name(uint16_t id)
{
	switch (id) {
	case AUTH_HMAC_SHA1_96:
		return "HMAC_SHA1_96 [RFC2404]";
	case AUTH_HMAC_SHA2_256_128:
		return "HMAC_SHA2_256_128 [RFC4868]";
	case AUTH_HMAC_SHA2_384_192:
		return "HMAC_SHA2_384_192 [RFC4868]";
	case AUTH_HMAC_SHA2_512_256:
		return "HMAC_SHA2_512_256 [RFC4868]";
	default:
		return "NONE [RFC4306]";
	}
}

static void put_hex(FILE *f, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		fprintf(f, "%02x", s.p[i]);
	fputc(',', f);
}

void fx_capture_keys(struct fx *x, const struct ike_sa_keys *k)
{
	char buf[64];
	const char *encr = encr_name(&k->suite.encr, buf);
	FILE *f = x->capture ? x->capture->keys : NULL;

	if (!f || !encr)
		return;
	fprintf(f, "%016llx,%016llx,", (unsigned long long)k->spi_i, (unsigned long long)k->spi_r);
	put_hex(f, k->encr_i);
	put_hex(f, k->encr_r);
	fprintf(f, "\"%s\",", encr);
	put_hex(f, k->integ_i);
	put_hex(f, k->integ_r);
	fprintf(f, "\"%s\"\n", integ_name(k->suite.integ));
}

/* ---- beginning, end
 * ------------------------------------------------------------------------------------------------------------
 */

static FILE *create(const char *path, char *why, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f)
		return f;
	snprintf(why, n, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void capture_free(struct fx_capture *c)
{
	if (c->packets)
		fclose(c->packets);
	if (c->keys)
		fclose(c->keys);
	free(c->path);
	free(c);
}

bool fx_capture_start(struct fx *x, const char *path, char *why, size_t n)
{
	struct fx_capture *c;
	char keys[512];

	fx_capture_stop(x);
	if ((size_t)snprintf(keys, sizeof(keys), "%s.keys", path) >= sizeof(keys)) {
		snprintf(why, n, "the name is too long");
		return false;
	}
	c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(path);
	c->packets = create(path, why, n);
	c->keys = c->packets ? create(keys, why, n) : NULL;
	if (!c->keys) {
		if (c->packets)
			unlink(path);
		capture_free(c);
		return false;
	}
	setvbuf(c->keys, NULL, _IONBF, 0); /* no key stays in a buffer */
	put_section(c->packets);
	put_interface(c->packets);
	fflush(c->packets);
	x->capture = c;
	ike_tell_keys(x->ike);
	return true;
}

void fx_capture_stop(struct fx *x)
{
	if (!x->capture)
		return;
	capture_free(x->capture);
	x->capture = NULL;
}

const char *fx_capture_path(const struct fx *x)
{
	return x->capture ? x->capture->path : NULL;
}
