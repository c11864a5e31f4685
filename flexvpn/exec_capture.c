/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug crypto ikev2 capture FILE. */
#include "flexvpn/capture.h"
#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"

void exec_debug_crypto_ikev2_capture(
        struct exec *e, const struct gl_exec_debug_crypto_ikev2_capture *a)
{
	char why[600];

	if (!fx_capture_start(e->fx, a->file, why, sizeof(why))) {
		out_text(e->o, "%% Capture is not started: %s\n", why);
		e->failed = true;
		return;
	}
	out_text(e->o, "IKEv2 capture debugging is on\n%% %s.keys decrypts what %s holds\n",
	        a->file, a->file);
}

void exec_undebug_crypto_ikev2_capture(
        struct exec *e, const struct gl_exec_undebug_crypto_ikev2_capture *a)
{
	(void)a;
	fx_capture_stop(e->fx);
	out_text(e->o, "IKEv2 capture debugging is off\n");
}
