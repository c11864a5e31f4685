/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files of conform.c. */
#ifndef SPOKE_TESTS_DATAPLANE_CONFORM_H
#define SPOKE_TESTS_DATAPLANE_CONFORM_H

#include "lib_ends.h"

struct form {
	enum dp_payload payload;
	enum dp_mode mode;
};

bool conform_moves(void); /* packets, not only calls */
bool conform_all(void);
struct ends *conform_new(void **state, enum dp_payload payload, uint16_t mtu);
const struct form *conform_form(size_t i); /* NULL: no more */

/* A tap of the wire at end 1 for what is neither ESP nor in UDP to 4500, nor conform_wire_is_up()'s
 * own: read it with ends_tap_saw(). IPv4 outside. */
int conform_clear_tap(const struct ends *e);
int conform_whole(const char *from); /* a UDP socket whose packets are not to be fragmented */
void conform_wire_is_up(const struct ends *e); /* waits until something has gone over it */

void rekeying_under_traffic(void **state);
void bad_packets_are_counted_and_dropped(void **state);

#endif
