/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show platform dataplane: which back end runs, how well it batches, and every reason for which it
 * dropped. */
#include <inttypes.h>
#include <string.h>

#include "base/alg.h"
#include "dataplane/dp.h"
#include "flexvpn/counters.h"
#include "flexvpn/exec.h"
#include "flexvpn/router.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

struct sas {
	int64_t all, sending;
};

static struct sas count_sas(const struct fx *x)
{
	struct dp_sa_state s;
	struct sas n = {0};

	for (uint32_t spi = 0; x->b.dp_ops->sa_next(x->b.dp, spi, &s); spi = s.sa.spi_in) {
		n.all++;
		n.sending += s.sending;
	}
	return n;
}

/* One direction: packets of tunnels, the calls that moved them on each side, and packets for each
 * message of the outside. */
static void direction(struct exec *e, const char *key, const char *title, uint64_t packets,
        uint64_t octets, uint64_t device, uint64_t messages)
{
	uint64_t tenths = messages ? (packets * 10 + messages / 2) / messages : 0;

	out_text(e->o, "  %-10s%14" PRIu64 "%18" PRIu64 "%14" PRIu64 "%14" PRIu64, title, packets,
	        octets, device, messages);
	out_text(e->o, messages ? "%11" PRIu64 ".%" PRIu64 "\n" : "            -\n", tenths / 10,
	        tenths % 10);
	out_obj(e->o, key);
	out_int(e->o, "packets", (int64_t)packets);
	out_int(e->o, "bytes", (int64_t)octets);
	out_int(e->o, "device-calls", (int64_t)device);
	out_int(e->o, "messages", (int64_t)messages);
	out_int(e->o, "average-batch-tenths", (int64_t)tenths);
	out_obj_end(e->o);
}

static void traffic(struct exec *e, const struct dp_stats *s)
{
	uint64_t udp_in = s->udp_reads > s->ike_in ? s->udp_reads - s->ike_in : 0;
	/* The kernel passes a tunnel's packets without any call of ours. */
	bool batches = strcmp(e->fx->b.dp_ops->name, "user") == 0;

	out_text(e->o, "  Direction        packets             bytes  device calls      messages  "
	               "packets/msg\n");
	direction(e, "out", "encrypted", s->sas.pkts_out, s->sas.bytes_out,
	        batches ? s->tun_reads : 0, batches ? s->udp_writes : 0);
	direction(e, "in", "decrypted", s->sas.pkts_in, s->sas.bytes_in,
	        batches ? s->tun_writes : 0, batches ? udp_in : 0);
	out_text(e->o, "  IKE messages: %" PRIu64 " in, %" PRIu64 " out\n", s->ike_in, s->ike_out);
	out_int(e->o, "ike-in", (int64_t)s->ike_in);
	out_int(e->o, "ike-out", (int64_t)s->ike_out);
}

struct reason {
	const char *key, *text;
	uint64_t n;
};

static void drops(struct exec *e, const struct dp_stats *s)
{
	const struct reason r[] = {
	        {"no-sa", "to a tunnel without an SA", s->tun_no_sa},
	        {"exhausted", "on an SA whose lifetime or numbers are spent", s->sas.seq_exhausted},
	        {"no-buffer", "no room in the socket", s->sas.no_buffer},
	        {"send-errors", "refused when sending, or not for this SA", s->sas.send_errors},
	        {"replay", "replayed, or behind the window", s->sas.replay},
	        {"bad-icv", "integrity check failed", s->sas.bad_icv},
	        {"bad-selector", "outside the SA's selectors", s->sas.bad_selector},
	        {"malformed", "malformed", s->sas.malformed},
	        {"unknown-spi", "ESP of no SA", s->esp_unknown_spi},
	        {"short", "too short for ESP", s->esp_short},
	        {"ike-queue-full", "IKE messages beyond the queue", s->ike_queue_full},
	};
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(r); i++)
		sum += r[i].n;
	out_text(e->o, "  Drops: %" PRIu64 "\n", sum);
	out_obj(e->o, "drops");
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		if (r[i].n)
			out_text(e->o, "    %14" PRIu64 "  %s\n", r[i].n, r[i].text);
		out_int(e->o, r[i].key, (int64_t)r[i].n);
	}
	out_obj_end(e->o);
}

void exec_show_platform_dataplane(struct exec *e, const struct gl_exec_show_platform_dataplane *a)
{
	const char *why = "asked for", *name = e->fx->b.dp_ops->name;
	struct sas n = count_sas(e->fx);
	struct dp_stats s;

	(void)a;
	if (e->r)
		router_dataplane(e->r, &why);
	fx_counters_dataplane(e->fx, &s);
	out_obj(e->o, NULL);
	out_field_str(e->o, "data-plane", "Data plane: %s", name);
	out_field_str(e->o, "why", " (%s)\n", why);
	out_field_str(e->o, "ciphers", "  Ciphers: %s\n",
	        strcmp(name, "kernel") == 0 ? "the kernel's" : cipher_library());
	out_field_int(e->o, "sa-pairs", "  SA pairs: %lld", n.all);
	out_field_int(e->o, "sending", ", %lld sending\n", n.sending);
	traffic(e, &s);
	drops(e, &s);
	out_obj_end(e->o);
}
