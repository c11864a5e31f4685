/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single probes over sockets, for sla.h: an ICMP or ICMPv6 echo, a TCP connection, a UDP echo;
 * through the device and from the source that the operation names. All sockets hang on one epoll
 * descriptor, so that the owner watches one thing.
 *
 * An ICMP answer counts when it comes from the target with our identifier, sequence number and
 * random payload: what others send to the box cannot keep a track object up.
 */
#ifndef SPOKE_NET_PROBE_H
#define SPOKE_NET_PROBE_H

#include "net/sla.h"

struct probes;

struct probes *probes_new(void);
void probes_free(struct probes *p); /* accepts NULL */
struct sla_io probes_io(struct probes *p);
int probes_fd(const struct probes *p); /* readable when probes_poll() has something */
/* The next answered or refused probe; false: nothing more now. */
bool probes_poll(struct probes *p, uint32_t *id, bool *ok);
/* Why the last probe was refused or could not be sent: an errno value, 0 when nothing is known. */
int probes_why(const struct probes *p);

#endif
