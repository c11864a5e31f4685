/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why an SA ended, in words: by itself, because a reader of recorded events (cli/sh/trace.c) has no
 * engine. */
#include "ikev2/ike.h"

const char *ike_reason_text(enum ike_reason r)
{
	static const char *const text[IKE_R_MAX] = {
	        [IKE_R_NONE] = "None",
	        [IKE_R_LOCAL] = "Deleted by command or by a change of the configuration",
	        [IKE_R_PEER_DELETE] = "Peer deleted the SA",
	        [IKE_R_TIMEOUT] = "Maximum number of retransmissions reached",
	        [IKE_R_DPD] = "Peer does not answer liveness checks",
	        [IKE_R_NO_PROPOSAL] = "Received no proposal chosen notify",
	        [IKE_R_AUTH_FAILED] = "Auth exchange failed",
	        [IKE_R_PEER_AUTH_FAILED] = "Failed to authenticate the IKE SA",
	        [IKE_R_PEER_ID] = "The peer's identity matches no profile",
	        [IKE_R_TS] = "Traffic selectors unacceptable",
	        [IKE_R_CHILD_REFUSED] = "Create child exchange failed",
	        [IKE_R_ADDRESS] = "No address could be assigned",
	        [IKE_R_INVALID_KE] = "Invalid KE payload: no common DH group",
	        [IKE_R_SYNTAX] = "Invalid syntax in a message",
	        [IKE_R_REPLACED] = "Replaced by a newer SA of the same identity",
	        [IKE_R_LIFETIME] = "SA lifetime expired",
	        [IKE_R_COOKIE] = "Peer demands cookies without end",
	        [IKE_R_VERSION] = "Peer does not speak IKEv2",
	        [IKE_R_INTERNAL] = "Internal error",
	        [IKE_R_EAP] = "EAP authentication failed",
	        [IKE_R_CREDENTIALS] = "EAP credentials were not given",
	        [IKE_R_LOST] = "Peer has lost the SA",
	        [IKE_R_REDIRECT] = "Redirected to another gateway",
	        [IKE_R_CHILDLESS] = "The peer has no IKE SA without an IPsec SA",
	        [IKE_R_PPK] = "One side insists on a post-quantum preshared key",
	        [IKE_R_CERT] = "The peer's certificate is not accepted",
	};

	return (unsigned)r < IKE_R_MAX && text[r] ? text[r] : "Unknown";
}
