/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See check.h. RFC 4303 §3.2: encryption and integrity are not both left out; RFC 4301 §4.4.2 for
 * the rest. */
#include "dataplane/check.h"

#include <errno.h>
#include <string.h>

enum { SPI_RESERVED = 255, WINDOW_MAX = 1024, MTU_MIN = 68 };

int dp_check_tunnel(const struct dp_tunnel *t)
{
	size_t n = strnlen(t->name, sizeof(t->name));

	if (!t->id || !n || n == sizeof(t->name) || strchr(t->name, '/') ||
	        (t->mtu && t->mtu < MTU_MIN))
		return -EINVAL;
	return 0;
}

static bool keys_fit(const struct dp_sa *sa)
{
	const struct alg_encr *e = alg_encr(sa->encr);
	const struct alg_integ *i = alg_integ(sa->integ);
	size_t n = alg_encr_keymat(e, sa->encr_bits);

	if (sa->encr != ENCR_NULL && !n)
		return false;
	return sa->encr_in.n == n && sa->encr_out.n == n && sa->integ_in.n == i->key &&
	       sa->integ_out.n == i->key;
}

static bool ends_fit(const struct dp_sa *sa)
{
	return ipaddr_is_set(&sa->local.addr) && sa->local.addr.family == sa->remote.addr.family &&
	       (!sa->udp_encap || (sa->local.port && sa->remote.port));
}

int dp_check_sa(const struct dp_sa *sa)
{
	const struct alg_encr *e = alg_encr(sa->encr);
	const struct alg_integ *i = alg_integ(sa->integ);

	if (!e || !i)
		return -EPROTONOSUPPORT;
	if (sa->spi_in <= SPI_RESERVED || sa->spi_out <= SPI_RESERVED)
		return -EINVAL;
	if ((e->aead && i->id != AUTH_NONE) || (e->id == ENCR_NULL && i->id == AUTH_NONE))
		return -EINVAL;
	if (!keys_fit(sa) || !ends_fit(sa) || sa->replay_window > WINDOW_MAX)
		return -EINVAL;
	return sa->n_ts_local <= DP_MAX_TS && sa->n_ts_remote <= DP_MAX_TS ? 0 : -EINVAL;
}
