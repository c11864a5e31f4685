/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto engine connections active (exec-and-cli reference B9), show crypto ikev2 stats
 * exchange and clear crypto ikev2 stats (B3). */
#include <stdio.h>
#include <string.h>

#include "base/alg.h"
#include "flexvpn/exec.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

/* ---- connections ---------------------------------------------------------------------------- */

enum { FIRST_IKE = 1000 };

struct connection {
	unsigned id;
	const char *type, *algorithm;
	uint64_t encrypted, decrypted, last;
	struct ipaddr local;
};

static void row(struct exec *e, const struct connection *c)
{
	char text[24], addr[IPADDR_STRLEN];

	out_obj(e->o, NULL);
	out_field_int(e->o, "id", "%5lld  ", c->id);
	out_field_str(e->o, "type", "%-8s", c->type);
	out_field_str(e->o, "algorithm", "%-18s", c->algorithm);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)c->encrypted);
	out_field_str(e->o, "encrypted", "%9s", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)c->decrypted);
	out_field_str(e->o, "decrypted", "%9s", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)c->last);
	out_field_str(e->o, "last-sequence", "%9s", text);
	out_field_str(e->o, "address", " %s\n", ipaddr_fmt(&c->local, addr));
	out_obj_end(e->o);
}

/* "AES256+SHA256", "AES-GCM256". */
static const char *algorithm(const struct ike_encr *encr, uint16_t integ, char buf[40])
{
	const struct alg_encr *a = alg_encr(encr->id);
	const struct alg_integ *i = alg_integ(integ);
	const char *name = !a ? "unknown" : strcmp(a->name, "AES-CBC") == 0 ? "AES" : a->name;
	int n = encr->bits ? snprintf(buf, 40, "%s%u", name, encr->bits)
	                   : snprintf(buf, 40, "%s", name);

	if (i && integ != AUTH_NONE && n > 0 && n < 40)
		snprintf(buf + n, 40 - (size_t)n, "+%s", i->name);
	return buf;
}

static void ipsec_rows(struct exec *e)
{
	struct dp_sa_state s;
	unsigned id = 1;
	char text[40];

	for (uint32_t spi = 0; e->fx->b.dp_ops->sa_next(e->fx->b.dp, spi, &s);) {
		struct ike_encr encr = {.id = s.sa.encr, .bits = s.sa.encr_bits};
		struct connection in = {.id = id++,
		        .type = "IPsec",
		        .algorithm = algorithm(&encr, s.sa.integ, text),
		        .decrypted = s.c.pkts_in,
		        .last = s.seq_in,
		        .local = s.sa.local.addr};
		struct connection out = {.id = id++,
		        .type = "IPsec",
		        .algorithm = in.algorithm,
		        .encrypted = s.c.pkts_out,
		        .local = s.sa.local.addr};

		spi = s.sa.spi_in;
		row(e, &in);
		row(e, &out);
	}
}

static void ike_rows(struct exec *e)
{
	struct ike_sa_info s;
	char text[40];

	for (uint32_t h = 0; ike_sa_next(e->fx->ike, h, &s); h = s.handle) {
		struct connection c = {.id = FIRST_IKE + s.handle,
		        .type = "IKEv2",
		        .algorithm = algorithm(&s.suite.encr, s.suite.integ, text),
		        .local = s.local.addr};

		row(e, &c);
	}
}

void exec_show_crypto_engine_connections_active(
        struct exec *e, const struct gl_exec_show_crypto_engine_connections_active *a)
{
	(void)a;
	out_text(e->o, "Crypto Engine Connections\n\n");
	out_text(e->o, "   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address\n");
	out_list(e->o, NULL);
	ipsec_rows(e);
	ike_rows(e);
	out_list_end(e->o);
}

/* ---- messages by exchange ------------------------------------------------------------------- */

static void exchange_row(struct exec *e, uint8_t exchange)
{
	static const char *const keys[IKE_WAYS] = {
	        "sent-requests", "sent-responses", "received-requests", "received-responses"};
	uint64_t n[IKE_WAYS], all = 0;

	for (int w = 0; w < IKE_WAYS; w++)
		all += n[w] = ike_messages(e->fx->ike, exchange, (enum ike_way)w);
	if (!all)
		return;
	out_obj(e->o, NULL);
	out_field_str(e->o, "exchange", "%-30s", ike_exchange_name(exchange));
	for (int w = 0; w < IKE_WAYS; w++)
		out_field_int(e->o, keys[w], "%11lld", (int64_t)n[w]);
	out_text(e->o, "\n");
	out_obj_end(e->o);
}

void exec_show_crypto_ikev2_stats_exchange(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_stats_exchange *a)
{
	static const char rule[] = "---------------------------------------------------------------"
	                           "-----------------\n";

	(void)a;
	out_text(e->o, "%-30s%11s%11s%11s%11s\n%s", "EXCHANGE/NOTIFY", "TX(REQ)", "TX(RES)",
	        "RX(REQ)", "RX(RES)", rule);
	out_text(e->o, "EXCHANGES\n");
	out_list(e->o, NULL);
	for (uint8_t x = 0; x < IKE_EXCHANGES; x++)
		exchange_row(e, (uint8_t)(IKE_EXCHANGE_FIRST + x));
	out_list_end(e->o);
}

void exec_clear_crypto_ikev2_stats(struct exec *e, const struct gl_exec_clear_crypto_ikev2_stats *a)
{
	(void)a;
	ike_counters_clear(e->fx->ike);
}
