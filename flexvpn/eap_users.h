/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The users of EAP, where we are the hub: who knows them, and the passwords of those that stand in
 * the configuration
 * (`username NAME password WORD`; a `secret` is a hash, with which only GTC can be answered).
 */
#ifndef SPOKE_FLEXVPN_EAP_USERS_H
#define SPOKE_FLEXVPN_EAP_USERS_H

#include "flexvpn/config.h"
#include "net/radius.h"

enum fx_eap_by { FX_EAP_LOCAL, FX_EAP_RADIUS, FX_EAP_NOBODY };

/* `aaa authentication eap LIST` names an `aaa authentication login` list; without it, or with a
 * list that is not there, the default list counts, and without that the users of the configuration.
 * The first method of the list that can be used. */
enum fx_eap_by fx_eap_by(const struct fx_config *c, const struct fx_profile *p);
/* The servers of that list's group, in order: `radius` means all. Returns how many. */
size_t fx_eap_servers(const struct fx_config *c, const struct fx_profile *p,
        struct radius_server *out, size_t max);

enum ike_eap_user fx_eap_password(const struct fx_config *c, struct span name, struct secret *out);
bool fx_eap_check(const struct fx_config *c, struct span name, struct span password);

#endif
