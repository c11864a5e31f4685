/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests about certificates: a configuration with the trustpoint TP, whose authority is made
 * here, and the profile P that uses it. */
#ifndef SPOKE_TESTS_FLEXVPN_LIB_PLACE_H
#define SPOKE_TESTS_FLEXVPN_LIB_PLACE_H

#include "flexvpn/pki.h"
#include "tests/flexvpn/lib_ca.h"

struct place {
	struct cfg_editor *ed;
	struct fx_config *cfg;
	struct fx_pki *pki;
	struct ca_made root;
};

void place_open(struct place *p, const char *dir); /* dir NULL: keys are not kept */
void place_close(struct place *p);
void place_feed(struct place *p, const char *text);        /* lines, every one of them good */
void place_settle(struct place *p);                        /* what was fed is in force */
X509 *place_sign(const struct place *p, const char *text); /* a request, by the authority */

#endif
