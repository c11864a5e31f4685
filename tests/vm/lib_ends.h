/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two ends of a tunnel, each with a back end of its own: over the namespaces of lib_lab.h. */
#ifndef SPOKE_TESTS_VM_LIB_ENDS_H
#define SPOKE_TESTS_VM_LIB_ENDS_H

#include <stdbool.h>

#include "lib_lab.h"
#include "lib_sa.h"

struct ends {
	struct lab *lab;
	const struct dp_ops *ops[2];
	enum dp_payload payload;
	uint32_t spi; /* of the pair that was added last: `spi` towards end 0, `spi` + 1 towards end
	                 1 */
};

struct variant {
	const struct sa_suite *suite;
	enum dp_mode mode;
	bool raw, v6, esn;
};

struct ends *ends_new(
        const struct dp_ops *a, const struct dp_ops *b, enum dp_payload payload, uint16_t mtu);
void ends_free(struct ends *e); /* closes what is open */
void ends_enter(const struct ends *e, int end);
struct dp *ends_dp(const struct ends *e, int end); /* and the thread is in its namespace */
void ends_close(struct ends *e, int end);

struct dp_sa ends_describe(
        const struct ends *e, const struct variant *v, int end);   /* of the pair that comes next */
void ends_add(struct ends *e, const struct variant *v, bool send); /* the next pair, at both ends */
void ends_send(struct ends *e, int end, uint32_t spi);
void ends_del(struct ends *e, uint32_t spi); /* at both ends */
struct dp_sa_state ends_state(const struct ends *e, int end, uint32_t spi);

/* Datagrams inside the tunnel, checked octet by octet, both ways: `addr` of each end. */
void ends_round_trip(const struct ends *e, const char *a, const char *b, size_t n);
void ends_both_families(const struct ends *e); /* some sizes, IPv4 and IPv6 */

int ends_wire(const char *dev); /* frames of a device in this namespace */
/* What comes in on the wire at end 1: a packet socket there. */
int ends_tap(const struct ends *e);
/* The next frame of an IP protocol (or in UDP to port 4500, proto 50), waited for; -1: none. */
ssize_t ends_tap_esp(int tap, uint8_t *p, size_t cap);
/* Frames until a marker that this sends: true when one of them is not for the marker and not ARP or
 * neighbour discovery. */
bool ends_tap_saw(const struct ends *e, int tap);

#endif
