/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded events in words: see trace_text.h. */
#include "flexvpn/trace_text.h"

#include "base/log.h"
#include "flexvpn/core.h"

const char *fx_state_name(enum fx_state s)
{
	static const char *const names[] = {
#define X(s) #s,
	        FX_STATE_LIST(X)
#undef X
	};

	return names[s];
}

/* Records of another version of this program would be decoded wrongly: their numbers may mean
 * something else. */
uint32_t fx_trace_meaning(void)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (const char *c = SPOKE_VERSION; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	return ((h ^ FX_T_MAX) * 16777619u ^ IKE_R_MAX) * 16777619u ^ FX_NSTATE;
}

void fx_trace_fmt(const struct trace_rec *r, struct strbuf *out)
{
	switch ((enum fx_trace_id)r->id) {
	case FX_T_STATE:
		sb_printf(out, "state %s -> %s",
		        fx_state_name((enum fx_state)(r->word[0] % FX_NSTATE)),
		        fx_state_name((enum fx_state)(r->word[1] % FX_NSTATE)));
		return;
	case FX_T_PEER:
		sb_printf(out, "peer %u chosen", (unsigned)r->word[0]);
		return;
	case FX_T_PEER_FAILED:
		sb_printf(out, "peer %u failed", (unsigned)r->word[0]);
		return;
	case FX_T_CONNECT:
		sb_puts(out, "connect requested");
		return;
	case FX_T_DISCONNECT:
		sb_puts(out, "disconnect requested");
		return;
	case FX_T_IKE_UP:
		sb_printf(out, "IKE SA %u authenticated", (unsigned)r->word[0]);
		return;
	case FX_T_CHILD_UP:
		sb_printf(out, "IPsec SA up, inbound SPI 0x%08X", (unsigned)r->word[0]);
		return;
	case FX_T_CHILD_DOWN:
		sb_printf(out, "IPsec SA down, inbound SPI 0x%08X", (unsigned)r->word[0]);
		return;
	case FX_T_IKE_DOWN:
		sb_printf(out, "IKE SA %u down: %s", (unsigned)r->word[0],
		        ike_reason_text((enum ike_reason)r->word[1]));
		return;
	case FX_T_CONFIG:
		sb_printf(out, "configuration changed: %.*s", (int)sizeof(r->word) - 1,
		        (const char *)r->word);
		return;
	case FX_T_START:
		sb_puts(out, "router started");
		return;
	case FX_T_STANDBY:
		sb_printf(out, "peer %u %s by", (unsigned)r->word[0],
		        r->word[1] ? "stands" : "does not stand");
		return;
	case FX_T_STACK:
		sb_puts(out, "-Traceback=");
		for (int i = 0; i < 3 && r->word[i]; i++)
			sb_printf(out, " 0x%llX", (unsigned long long)r->word[i]);
		return;
	case FX_T_MAX:
		return;
	}
}

static void one(struct out *o, const struct trace_rec *r)
{
	struct strbuf text = {0};
	char when[40];

	fx_trace_fmt(r, &text);
	out_obj(o, NULL);
	out_int(o, "when", (int64_t)r->when);
	out_field_str(o, "time", "%s: ", log_time_fmt(r->when, true, when));
	out_field_str(o, "client", r->subject[0] ? "FlexVPN(%s): EVENT " : "%s", r->subject);
	out_field_str(o, "event", "%s\n", sb_str(&text));
	if (r->id == FX_T_STATE)
		out_str(o, "state", fx_state_name((enum fx_state)(r->word[1] % FX_NSTATE)));
	out_obj_end(o);
	sb_fini(&text);
}

void fx_trace_show(const struct trace *t, uint64_t since, struct out *o)
{
	const struct trace_rec *r;

	out_list(o, NULL);
	for (size_t i = 0; (r = trace_at(t, i)); i++)
		if (r->when >= since)
			one(o, r);
	out_list_end(o);
}
