/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EXEC commands about the machine: show processes, memory, inventory, tech-support. IOS's processes
 * are this process's threads; of a thread only its whole life is known, so that its three
 * percentages are the same one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/machine.h"
#include "cli/session_int.h"
#include "flexvpn/core.h"
#include "flexvpn/startup.h"
#include "grammar/gen/exec.h"

/* ---- processes ------------------------------------------------------------------------------ */

static void load_line(struct out *o)
{
	struct machine_load l = machine_load();

	out_obj(o, "cpu");
	out_field_int(o, "five-seconds", "CPU utilization for five seconds: %lld%%/", l.now);
	out_field_int(o, "interrupt", "%lld%%; ", l.kernel);
	out_field_int(o, "one-minute", "one minute: %lld%%; ", l.one);
	out_field_int(o, "five-minutes", "five minutes: %lld%%\n", l.five);
	out_obj_end(o);
}

static void one_thread(struct out *o, const struct machine_thread *t)
{
	uint64_t each = t->invoked ? t->runtime_ms * 1000 / t->invoked : 0;
	double share = t->age_ms ? (double)t->runtime_ms * 100 / (double)t->age_ms : 0;
	char text[48];

	out_obj(o, NULL);
	out_field_int(o, "pid", "%4lld", t->tid);
	out_field_int(o, "runtime-ms", "%12lld", (int64_t)t->runtime_ms);
	out_field_int(o, "invoked", "%12lld", (int64_t)t->invoked);
	out_field_int(o, "usecs", "%11lld ", (int64_t)each);
	snprintf(text, sizeof(text), "%5.2f%%", share);
	out_str(o, "share", text);
	out_text(o, "%s %s %s   0 ", text, text, text);
	out_field_str(o, "process", "%-17s\n", t->name);
	out_obj_end(o);
}

static void show_cpu(struct out *o)
{
	size_t n;
	struct machine_thread *v = machine_threads(&n);

	out_obj(o, NULL);
	load_line(o);
	out_text(o, " PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process \n");
	out_list(o, "processes");
	for (size_t i = 0; i < n; i++)
		one_thread(o, &v[i]);
	out_list_end(o);
	out_obj_end(o);
	free(v);
}

static void show_process_memory(struct out *o)
{
	struct machine_memory m = machine_memory();

	out_obj(o, NULL);
	out_field_int(o, "total", "Processor Pool Total: %10lld ", (int64_t)m.total);
	out_field_int(o, "used", "Used: %10lld ", (int64_t)(m.total - m.available));
	out_field_int(o, "free", "Free: %10lld\n\n", (int64_t)m.available);
	out_text(o, " PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process\n");
	out_text(o, "   1   0 ");
	out_field_int(o, "allocated", "%10lld          0 ", (int64_t)m.allocated);
	out_field_int(o, "holding", "%10lld          0          0 spoked          \n",
	        (int64_t)m.holding);
	out_int(o, "peak", (int64_t)m.peak);
	out_obj_end(o);
}

void exec_show_processes(struct exec *x, const struct gl_exec_show_processes *a)
{
	if (a->kw_memory)
		show_process_memory(x->o);
	else
		show_cpu(x->o);
}

void exec_show_memory(struct exec *x, const struct gl_exec_show_memory *a)
{
	struct machine_memory m = machine_memory();

	(void)a;
	out_obj(x->o, NULL);
	out_text(x->o, "                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  "
	               "Largest(b)\nProcessor        0x0");
	out_field_int(x->o, "total", "%12lld", (int64_t)m.total);
	out_field_int(x->o, "used", "%12lld", (int64_t)(m.total - m.available));
	out_field_int(x->o, "free", "%12lld", (int64_t)m.available);
	out_field_int(x->o, "unused", "%12lld", (int64_t)m.free);
	out_text(x->o, "%12llu\n", (unsigned long long)m.available);
	out_obj_end(x->o);
}

/* ---- inventory ------------------------------------------------------------------------------ */

/* One line of a file of the system; `otherwise` where there is none. */
static const char *line_of(const char *path, const char *otherwise, char *buf, size_t n)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(buf, (int)n, f))
		snprintf(buf, n, "%s", otherwise);
	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return *buf ? buf : otherwise;
}

static void one_part(
        struct out *o, const char *name, const char *what, const char *pid, const char *serial)
{
	out_obj(o, NULL);
	out_field_str(o, "name", "NAME: \"%s\", ", name);
	out_field_str(o, "description", "DESCR: \"%s\"\n", what);
	out_field_str(o, "pid", "PID: %-18s, VID:      , ", pid);
	out_field_str(o, "serial", "SN: %s\n\n", serial);
	out_obj_end(o);
}

void exec_show_inventory(struct exec *x, const struct gl_exec_show_inventory *a)
{
	char product[80], serial[80], what[120], hw[8];
	struct utsname u;

	(void)a;
	uname(&u);
	line_of("/sys/class/dmi/id/product_name", u.machine, product, sizeof(product));
	line_of("/sys/class/dmi/id/product_serial", u.nodename, serial, sizeof(serial));
	out_list(x->o, NULL);
	snprintf(what, sizeof(what), "%.80s, spoke FlexVPN router", product);
	one_part(x->o, "Chassis", what, "SPOKE", serial);
	for (size_t i = 0; i < x->fx->cfg->interfaces.n; i++) {
		const struct fx_interface *f = &x->fx->cfg->interfaces.v[i];
		struct net_link l;

		if (f->is_tunnel || f->is_loopback || !fx_link(x->fx, f, &l))
			continue;
		snprintf(what, sizeof(what), "Network device %s", l.name);
		snprintf(hw, sizeof(hw), "%02x%02x%02x", l.mac[3], l.mac[4], l.mac[5]);
		one_part(x->o, f->name, what, "NETDEV", hw);
	}
	out_list_end(x->o);
}

/* ---- tech-support --------------------------------------------------------------------------- */

static const char *const tech[] = {"show clock", "show version", "show running-config",
        "show configuration recorded", "show configuration unsupported", "show inventory",
        "show processes cpu", "show processes memory", "show memory", "show interfaces",
        "show ip interface", "show ip interface brief", "show ipv6 interface brief", "show arp",
        "show ip route", "show ipv6 route", "show vrf detail", "show track", "show ip sla summary",
        "show ip sla statistics", "show crypto engine brief",
        "show crypto engine connections active", "show crypto ikev2 sa detailed",
        "show crypto ikev2 session detailed", "show crypto ikev2 stats",
        "show crypto ikev2 stats exchange", "show crypto ikev2 diagnose error",
        "show crypto ikev2 client flexvpn detail", "show crypto ikev2 profile",
        "show crypto ikev2 policy", "show crypto ikev2 proposal", "show crypto ipsec sa detail",
        "show crypto ipsec profile", "show crypto session detail", "show crypto pki certificates",
        "show monitor event-trace flexvpn all", "show ip nat statistics",
        "show ip nat translations", "show access-lists", "show route-map", "show ip dns view",
        "show ip dns view-list", "show hosts", "show ip dhcp binding", "show ip dhcp pool",
        "show users", "show debugging", "show archive", "show logging"};

/* Line by line, so that a secret is masked wherever it stands. */
static void mask(const char *text, struct strbuf *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);

		const char *masked = fx_mask_secrets(line); /* which is cut, if it is long */

		sb_printf(out, "%s\n", strstr(masked, "<hidden>") ? masked : line);
		free(line);
		text += n + (text[n] == '\n');
	}
}

void exec_show_tech_support(struct exec *x, const struct gl_exec_show_tech_support *a)
{
	(void)a;
	out_list(x->o, NULL);
	for (size_t i = 0; i < ARRAY_LEN(tech); i++) {
		struct strbuf text = {0};
		struct out o;

		out_init(&o, OUT_TEXT);
		if (session_exec_into(x->session, tech[i], &o)) {
			mask(out_str_so_far(&o), &text);
			out_obj(x->o, NULL);
			out_field_str(x->o, "command",
			        "\n------------------ %s ------------------\n\n", tech[i]);
			out_field_str(x->o, "output", "%s", sb_str(&text));
			out_obj_end(x->o);
		}
		out_fini(&o);
		sb_fini(&text);
	}
	out_list_end(x->o);
}

/* ---- terminal exec prompt timestamp --------------------------------------------------------- */

void machine_stamp(struct session *s)
{
	struct machine_load l = machine_load();
	char text[40];

	session_printf(s, "Load for five secs: %u%%/%u%%; one minute: %u%%; five minutes: %u%%\n",
	        l.now, l.kernel, l.one, l.five);
	session_printf(s, "No time source, %s\n\n", log_date_fmt(wall_ms(), true, text));
}

void exec_terminal_exec_prompt_timestamp(
        struct exec *x, const struct gl_exec_terminal_exec_prompt_timestamp *a)
{
	x->session->stamped = !a->kw_no;
}
