/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Internet checksum (RFC 1071): ones' complement sums of 16-bit words, folded and not inverted,
 * in host order. An odd last octet counts as the high half of a word, so parts can be added where
 * they meet at an even offset.
 */
#ifndef SPOKE_DATAPLANE_SUM_H
#define SPOKE_DATAPLANE_SUM_H

#include <stddef.h>
#include <stdint.h>

uint16_t inet_sum(const void *p, size_t n);
/* The sum of what it copies. */
uint16_t inet_copy_sum(void *dst, const void *src, size_t n);
/* Two sums, or one with carries, to one. */
uint16_t inet_fold(uint32_t sum);

#endif
