/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The payloads of a decrypted IKE message: what an authenticated, or at least key-exchanging, peer
 * may say. The first three octets are exchange type, flags and type of the first payload, the rest
 * is the plaintext.
 */
#include "ike_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	struct ike_hdr h = {.spi_i = 1,
	        .spi_r = 2,
	        .version = IKE_VERSION,
	        .exchange = data[0],
	        .flags = data[1]};
	struct ike_msg *m = xmalloc(sizeof(*m));
	enum ike_parse rc = ike_inner_parse(&h, data[2], span_of(data + 3, size - 3), m);

	INSIST(rc < IKE_PARSE_MAX && !m->sealed);
	if (rc == IKE_PARSE_OK)
		walk_message(m);
	free(m);
	return 0;
}
