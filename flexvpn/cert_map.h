/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificate maps: is a certificate one of those that `match certificate` of a profile names? */
#ifndef SPOKE_FLEXVPN_CERT_MAP_H
#define SPOKE_FLEXVPN_CERT_MAP_H

#include "flexvpn/config.h"

struct x509_st;

/* Does the map's rule hold? Names are compared as "cn=hub,o=Lab", without regard to case or to
 * spaces after commas. A time that cannot be read makes the rule false. */
bool fx_cert_rule_holds(const struct fx_cert_rule *r, const struct x509_st *x);
/* All rules of one entry hold, of an entry of a map that the profile names. `der`: the certificate;
 * one that cannot be read fits none. */
bool fx_match_certificate(const struct fx_config *c, const struct fx_profile *p, struct span der);

#endif
