/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See sum.h. Words are summed as they lie in memory, several at a time: a ones' complement sum
 * minds neither their order nor their width (RFC 1071 §2).
 */
#include "dataplane/sum.h"

#include <arpa/inet.h>
#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(16)));

/* A lane takes this many halves of a word without a carry out of it. */
enum { STEP = 2 * sizeof(lanes), STEPS_MAX = 32768 };

uint16_t inet_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static uint64_t across(lanes v)
{
	return (uint64_t)v[0] + v[1] + v[2] + v[3];
}

/* At most STEPS_MAX steps; `dst` NULL: nothing is copied. */
static inline uint64_t steps(uint8_t *dst, const uint8_t *src, size_t n)
{
	lanes low_a = {0}, low_b = {0}, high_a = {0}, high_b = {0}, a, b;

	for (size_t i = 0; i < n * STEP; i += STEP) {
		memcpy(&a, src + i, sizeof(a));
		memcpy(&b, src + i + sizeof(a), sizeof(b));
		if (dst) {
			memcpy(dst + i, &a, sizeof(a));
			memcpy(dst + i + sizeof(a), &b, sizeof(b));
		}
		low_a += a & 0xffff;
		low_b += b & 0xffff;
		high_a += a >> 16;
		high_b += b >> 16;
	}
	return across(low_a) + across(low_b) + across(high_a) + across(high_b);
}

static inline uint64_t tail(uint8_t *dst, const uint8_t *src, size_t n)
{
	uint64_t sum = 0;
	uint32_t w;

	if (dst)
		memcpy(dst, src, n);
	for (; n >= sizeof(w); n -= sizeof(w), src += sizeof(w)) {
		memcpy(&w, src, sizeof(w));
		sum += w;
	}
	w = 0;
	memcpy(&w, src, n);
	return sum + w;
}

static inline uint16_t run(uint8_t *dst, const uint8_t *src, size_t n)
{
	uint64_t sum = 0;

	while (n >= STEP) {
		size_t k = n / STEP < STEPS_MAX ? n / STEP : STEPS_MAX;

		sum += steps(dst, src, k);
		src += k * STEP;
		n -= k * STEP;
		if (dst)
			dst += k * STEP;
	}
	sum += tail(dst, src, n);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ntohs((uint16_t)sum);
}

uint16_t inet_sum(const void *p, size_t n)
{
	return run(NULL, p, n);
}

uint16_t inet_copy_sum(void *dst, const void *src, size_t n)
{
	return run(dst, src, n);
}
