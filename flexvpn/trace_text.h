/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded events in words, as `show monitor event-trace flexvpn` prints them. Needs no router:
 * what a process left in its file (base/trace.h) is read the same way.
 */
#ifndef SPOKE_FLEXVPN_TRACE_TEXT_H
#define SPOKE_FLEXVPN_TRACE_TEXT_H

#include "base/buf.h"
#include "base/out.h"
#include "base/trace.h"

uint32_t fx_trace_meaning(void); /* of the records of this program version */
void fx_trace_fmt(const struct trace_rec *r, struct strbuf *out);
/* The records since then (wall clock, milliseconds), the oldest first. In JSON: when
 * (milliseconds), time, client, event, and the state that was entered. */
void fx_trace_show(const struct trace *t, uint64_t since, struct out *o);

#endif
