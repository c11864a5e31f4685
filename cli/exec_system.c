/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about the process and its voice: version, clock, log, debugging. */
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/session_int.h"
#include "cli/syslog.h"
#include "flexvpn/capture.h"
#include "flexvpn/counters.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

/* ---- version
 * -----------------------------------------------------------------------------------------------------------
 */

static void uptime_part(struct strbuf *sb, uint64_t n, const char *unit, bool always)
{
	if (n || always)
		sb_printf(sb, "%s%llu %s%s", sb->len ? ", " : "", (unsigned long long)n, unit,
		        n == 1 ? "" : "s");
}

static void uptime_fmt(uint64_t ms, struct strbuf *sb)
{
	uint64_t min = ms / 60000;

	uptime_part(sb, min / (60 * 24 * 7), "week", false);
	uptime_part(sb, min / (60 * 24) % 7, "day", false);
	uptime_part(sb, min / 60 % 24, "hour", false);
	uptime_part(sb, min % 60, "minute", true);
}

static const char *image(char *buf, size_t n)
{
	ssize_t got = readlink("/proc/self/exe", buf, n - 1);

	buf[got > 0 ? got : 0] = '\0';
	return buf;
}

/* The lines that inventory programs look for keep IOS's form; what they say is about this system.
 */
void exec_show_version(struct exec *x, const struct gl_exec_show_version *a)
{
	const char *host = shell_hostname(x->session->sh), *why = "";
	const char *dataplane = router_dataplane(x->r, &why);
	struct strbuf up = {0};
	struct utsname u;
	struct sysinfo si;
	char path[256];

	(void)a;
	uname(&u);
	sysinfo(&si);
	uptime_fmt(mono_ms() - x->session->sh->started, &up);
	out_obj(x->o, NULL);
	out_field_str(x->o, "version",
	        "spoke Software (SPOKE-FLEXVPN), Version %s, RELEASE SOFTWARE (fc1)\n",
	        SPOKE_VERSION);
	out_text(x->o, "A router shell in the style of Cisco IOS Software, free software under "
	               "GPL-3.0-or-later\n\n");
	out_text(x->o, "ROM: %s ", u.sysname);
	out_field_str(x->o, "kernel", "%s\n\n", u.release);
	out_field_str(x->o, "hostname", "%s uptime is ", host);
	out_field_str(x->o, "uptime", "%s\n", sb_str(&up));
	out_text(x->o, "System returned to ROM by process start\n");
	out_field_str(x->o, "image", "System image file is \"%s\"\n", image(path, sizeof(path)));
	out_field_str(x->o, "data-plane", "Data plane is %s ", dataplane);
	out_field_str(x->o, "data-plane-why", "(%s)\n\n", why);
	out_field_str(x->o, "machine", "cisco spoke (%s) processor with ", u.machine);
	out_field_int(x->o, "memory-kb", "%lldK bytes of memory.\n",
	        (int64_t)((uint64_t)si.totalram * si.mem_unit / 1024));
	out_field_str(x->o, "board-id", "Processor board ID %s\n\n", u.nodename);
	out_text(x->o, "Configuration register is 0x2102\n");
	out_obj_end(x->o);
	sb_fini(&up);
}

void exec_show_clock(struct exec *x, const struct gl_exec_show_clock *a)
{
	char text[40];

	out_obj(x->o, NULL);
	out_field_str(x->o, "time", "%s\n", log_date_fmt(wall_ms(), true, text));
	if (a->kw_detail)
		out_text(x->o, "No time source\n");
	out_obj_end(x->o);
}

/* ---- log
 * -----------------------------------------------------------------------------------------------------------------
 */

static void log_line(void *ctx, const char *line)
{
	out_field_str(ctx, NULL, "%s\n", line);
}

static uint64_t monitored(const struct shell *sh)
{
	uint64_t n = 0;

	for (const struct session *s = sh->sessions; s; s = s->next)
		n += log_sink_count(s->monitor);
	return n;
}

static void one_way(struct exec *x, const char *key, const char *head, int level, uint64_t count,
        const char *indent)
{
	out_obj(x->o, key);
	out_text(x->o, "%s", head);
	out_field_str(x->o, "level", level < 0 ? "%s, " : "level %s, ", logging_level(level));
	out_field_int(x->o, "messages", "%lld messages logged, xml disabled,\n", (int64_t)count);
	out_text(x->o, "%sfiltering disabled\n", indent);
	out_obj_end(x->o);
}

static void one_host(void *ctx, const struct syslog_state *st)
{
	const struct syslog_target *t = st->target;
	struct exec *x = ctx;

	out_obj(x->o, NULL);
	out_field_str(x->o, "host", "        Logging to %s", t->name);
	if (t->vrf[0])
		out_field_str(x->o, "vrf", "(%s)", t->vrf);
	out_field_str(x->o, "transport", "  (%s ", t->tcp ? "tcp" : "udp");
	out_field_int(x->o, "port", "port %lld, audit disabled,\n", t->port);
	out_bool(x->o, "up", !st->why);
	out_text(x->o, "              link %s%s%s),\n", st->why ? "down" : "up",
	        st->why && *st->why ? ": " : "", st->why ? st->why : "");
	out_field_int(
	        x->o, "messages", "              %lld message lines logged,\n", (int64_t)st->sent);
	out_text(x->o, "              0 message lines rate-limited,\n              0 message lines "
	               "dropped-by-MD,\n"
	               "              xml disabled, sequence number disabled\n              "
	               "filtering disabled\n");
	out_int(x->o, "dropped", (int64_t)st->dropped);
	out_obj_end(x->o);
}

static void log_sources(const struct shell *sh, struct out *o)
{
	const struct cfg_tree *t = cfg_root(shell_running(sh));
	struct gl_global_logging_source_interface l;
	struct gl_global_logging_source_interface_vrf lv;
	const struct cfg_node *n = cfg_find(t, GR_L_global_logging_source_interface, NULL);
	struct cfg_iter it;
	struct arena a;

	arena_init(&a);
	out_text(o, "        Logging Source-Interface:       VRF Name:\n");
	if (n && cfg_node_decode(n, &a, &l, sizeof(l)))
		out_field_str(o, "source-interface", "        %-32s\n", l.ifname);
	for (n = cfg_first(t, GR_L_global_logging_source_interface_vrf, &it); n; n = cfg_next(&it))
		if (cfg_node_decode(n, &a, &lv, sizeof(lv)))
			out_text(o, "        %-32s%s\n", lv.ifname, lv.vrf);
	arena_fini(&a);
}

static void sum_sent(void *ctx, const struct syslog_state *st)
{
	*(uint64_t *)ctx += st->sent;
}

void exec_show_logging(struct exec *x, const struct gl_exec_show_logging *a)
{
	const struct shell *sh = x->session->sh;
	const struct log_settings *l = &sh->log;
	uint64_t sent = 0;

	(void)a;
	out_obj(x->o, NULL);
	out_int(x->o, "messages", (int64_t)log_count());
	out_text(x->o, "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 "
	               "flushes, 0 overruns, xml disabled, "
	               "filtering disabled)\n\nNo Active Message Discriminator.\n\n\n\nNo Inactive "
	               "Message Discriminator.\n\n\n");
	one_way(x, "console", "    Console logging: ", l->console, log_sink_count(sh->console),
	        "                     ");
	one_way(x, "monitor", "    Monitor logging: ", l->monitor, monitored(sh),
	        "                     ");
	one_way(x, "buffered", "    Buffer logging:  ", l->buffered, log_count(),
	        "                    ");
	out_text(x->o, "    Exception Logging: size (4096 bytes)\n    Count and timestamp logging "
	               "messages: disabled\n"
	               "    Persistent logging: disabled\n\nNo active filter modules.\n\n");
	syslog_each(sh, sum_sent, &sent);
	out_field_str(x->o, "trap", "    Trap logging: level %s", logging_level(l->trap));
	out_field_int(x->o, "trap-messages", ", %lld message lines logged\n", (int64_t)sent);
	out_list(x->o, "hosts");
	syslog_each(sh, one_host, x);
	out_list_end(x->o);
	log_sources(sh, x->o);
	out_field_int(x->o, "buffer-bytes", "\nLog Buffer (%lld bytes):\n", (int64_t)l->bytes);
	out_list(x->o, "buffer");
	log_buffer_each(log_line, x->o);
	out_list_end(x->o);
	out_obj_end(x->o);
}

static void on_clear_logging(struct session *s, const char *answer)
{
	(void)s;
	if (!*answer || *answer == 'y' || *answer == 'Y')
		log_buffer_clear();
}

void exec_clear_logging(struct exec *x, const struct gl_exec_clear_logging *a)
{
	(void)a;
	session_ask(
	        x->session, PROTO_PROMPT_KEY, on_clear_logging, "Clear logging buffer [confirm]");
}

/* ---- debugging
 * -------------------------------------------------------------------------------------------------------------
 */

static const struct {
	enum dbg_cat cat;
	const char *group, *name;
} categories[] = {
        {DBG_IKEV2, "IKEV2", "IKEv2 default"},
        {DBG_IKEV2_ERROR, "IKEV2", "IKEv2 error"},
        {DBG_IKEV2_INTERNAL, "IKEV2", "IKEv2 internal"},
        {DBG_IKEV2_PACKET, "IKEV2", "IKEv2 packet"},
        {DBG_FLEXVPN, "IKEV2", "IKEv2 client flexvpn"},
        {DBG_IPSEC, "Cryptographic Subsystem", "Crypto IPSEC"},
        {DBG_RECONCILE, "Platform", "Platform reconcile"},
};

static void switch_debug(struct exec *x, enum dbg_cat cat, bool on)
{
	dbg_set(cat, on);
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (categories[i].cat == cat)
			out_text(x->o, "%s debugging is %s\n", categories[i].name,
			        on ? "on" : "off");
}

static enum dbg_cat ikev2_category(bool error, bool internal, bool packet)
{
	return error      ? DBG_IKEV2_ERROR
	       : internal ? DBG_IKEV2_INTERNAL
	       : packet   ? DBG_IKEV2_PACKET
	                  : DBG_IKEV2;
}

void exec_debug_crypto_ikev2(struct exec *x, const struct gl_exec_debug_crypto_ikev2 *a)
{
	switch_debug(x, ikev2_category(a->kw_error, a->kw_internal, a->kw_packet), true);
}

void exec_undebug_crypto_ikev2(struct exec *x, const struct gl_exec_undebug_crypto_ikev2 *a)
{
	switch_debug(x, ikev2_category(a->kw_error, a->kw_internal, a->kw_packet), false);
}

void exec_debug_crypto_ikev2_client(
        struct exec *x, const struct gl_exec_debug_crypto_ikev2_client *a)
{
	(void)a;
	switch_debug(x, DBG_FLEXVPN, true);
}

void exec_undebug_crypto_ikev2_client(
        struct exec *x, const struct gl_exec_undebug_crypto_ikev2_client *a)
{
	(void)a;
	switch_debug(x, DBG_FLEXVPN, false);
}

void exec_debug_crypto_ipsec(struct exec *x, const struct gl_exec_debug_crypto_ipsec *a)
{
	(void)a;
	switch_debug(x, DBG_IPSEC, true);
}

void exec_undebug_crypto_ipsec(struct exec *x, const struct gl_exec_undebug_crypto_ipsec *a)
{
	(void)a;
	switch_debug(x, DBG_IPSEC, false);
}

void exec_debug_platform_reconcile(struct exec *x, const struct gl_exec_debug_platform_reconcile *a)
{
	(void)a;
	switch_debug(x, DBG_RECONCILE, true);
}

void exec_undebug_platform_reconcile(
        struct exec *x, const struct gl_exec_undebug_platform_reconcile *a)
{
	(void)a;
	switch_debug(x, DBG_RECONCILE, false);
}

void exec_undebug_all(struct exec *x, const struct gl_exec_undebug_all *a)
{
	(void)a;
	dbg_clear_all();
	fx_capture_stop(x->fx);
	out_text(x->o, "All possible debugging has been turned off\n");
}

void exec_show_debugging(struct exec *x, const struct gl_exec_show_debugging *a)
{
	const char *group = "";

	(void)a;
	out_list(x->o, NULL);
	for (size_t i = 0; i < ARRAY_LEN(categories); i++) {
		if (!dbg_on(categories[i].cat))
			continue;
		if (strcmp(group, categories[i].group) != 0)
			out_text(x->o, "%s:\n", categories[i].group);
		group = categories[i].group;
		out_field_str(x->o, NULL, "  %s debugging is on\n", categories[i].name);
	}
	if (fx_capture_path(x->fx))
		out_field_str(x->o, NULL, "IKEv2 capture debugging is on, to %s\n",
		        fx_capture_path(x->fx));
	out_list_end(x->o);
}

/* ---- counters
 * --------------------------------------------------------------------------------------------------------------
 */

static void on_clear_counters(struct session *s, const char *answer)
{
	char what[64] = "all interfaces";

	if (*answer && *answer != 'y' && *answer != 'Y')
		return;
	if (s->ask_ifname[0])
		snprintf(what, sizeof(what), "interface %s", s->ask_ifname);
	fx_counters_clear(router_fx(s->sh->router), s->ask_ifname[0] ? s->ask_ifname : NULL);
	log_msg(CLEAR_COUNTERS, what);
}

void exec_clear_counters(struct exec *x, const struct gl_exec_clear_counters *a)
{
	struct session *s = x->session;

	snprintf(s->ask_ifname, sizeof(s->ask_ifname), "%s", a->has_ifname ? a->ifname : "");
	if (a->has_ifname && !fx_find_interface(x->fx->cfg, a->ifname)) {
		out_text(x->o, "%% Invalid interface: %s is not configured\n", a->ifname);
		x->failed = true;
		return;
	}
	session_ask(s, PROTO_PROMPT_KEY, on_clear_counters,
	        "Clear \"show interface\" counters on %s [confirm]",
	        a->has_ifname ? "this interface" : "all interfaces");
}
