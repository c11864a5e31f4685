/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `debug crypto ikev2 capture FILE`: every IKE datagram as pcapng, and beside it FILE.keys, a table
 * from which Wireshark decrypts them (its `ikev2_decryption_table`). Who has both reads the
 * negotiation, EAP passwords included: the files are the router's alone (mode 0600), they must not
 * be there before, and the table ends with the capture. The keys of ESP are not in it.
 */
#ifndef SPOKE_FLEXVPN_CAPTURE_H
#define SPOKE_FLEXVPN_CAPTURE_H

#include "flexvpn/core.h"

/* False: `why` says what is in the way. The SAs that stand are written into the table at once. */
bool fx_capture_start(struct fx *x, const char *path, char *why, size_t n);
void fx_capture_stop(struct fx *x);              /* also when there is none */
const char *fx_capture_path(const struct fx *x); /* NULL: there is none */

void fx_capture_packet(struct fx *x, const struct dgram *d, bool sent);
void fx_capture_keys(struct fx *x, const struct ike_sa_keys *k);

#endif
