/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show vrf [detail], show ip vrf: exec-and-cli reference B19. */
#include <stdio.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

const char *fx_ivrf(const struct fx *x, const char *tunnel, const char *none)
{
	const struct fx_interface *t = tunnel ? fx_find_interface(x->cfg, tunnel) : NULL;

	return t && t->vrf ? t->vrf : none;
}

const char *fx_fvrf(const struct fx *x, const char *tunnel, const char *none)
{
	const struct fx_interface *t = tunnel ? fx_find_interface(x->cfg, tunnel) : NULL;

	return t && t->tunnel_vrf ? t->tunnel_vrf : none;
}

const char *fx_vrfs_fmt(const struct fx *x, uint32_t handle, char buf[FX_VRFS_LEN])
{
	const struct fx_client *c = x->clients;

	while (c && c->handle != handle && c->trial.handle != handle)
		c = c->next;
	snprintf(buf, FX_VRFS_LEN, "%s/%s", fx_fvrf(x, c ? c->sas.tunnel : NULL, "none"),
	        fx_ivrf(x, c ? c->sas.tunnel : NULL, "none"));
	return buf;
}

static const char *protocols(const struct fx_vrf *v)
{
	return v->ipv4 && v->ipv6 ? "ipv4,ipv6" : v->ipv4 ? "ipv4" : v->ipv6 ? "ipv6" : "";
}

static bool is_member(const struct fx_interface *i, const struct fx_vrf *v)
{
	return i->vrf && strcmp(i->vrf, v->name) == 0;
}

static void brief(struct exec *e, const struct fx_vrf *v)
{
	const struct fx_config *c = e->fx->cfg;
	char name[40];
	bool any = false;

	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "  %-33s", v->name);
	out_field_str(e->o, "rd", "%-22s", v->rd ? v->rd : "<not set>");
	out_field_str(e->o, "protocols", "%-12s", protocols(v));
	out_list(e->o, "interfaces");
	for (size_t i = 0; i < c->interfaces.n; i++) {
		if (!is_member(&c->interfaces.v[i], v))
			continue;
		if (any)
			out_text(e->o, "%69s", "");
		out_field_str(e->o, NULL, "%s\n", gr_ifname_short(c->interfaces.v[i].name, name));
		any = true;
	}
	out_list_end(e->o);
	if (!any)
		out_text(e->o, "\n");
	out_obj_end(e->o);
}

static void family(struct out *o, const char *name, bool active, uint32_t table)
{
	if (active)
		out_text(o, "Address family %s unicast (Table ID = 0x%X):\n", name, table);
	else
		out_text(o, "Address family %s unicast not active\n", name);
	out_bool(o, name, active);
}

static void detail(struct exec *e, const struct fx_vrf *v)
{
	const struct fx_config *c = e->fx->cfg;
	uint16_t id = fx_vrf_id(e->fx, v->name);
	uint32_t table;
	char name[40];

	fx_vrf_table(e->fx, id, &table);
	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "VRF %s ", v->name);
	out_field_int(e->o, "id", "(VRF Id = %lld); ", id);
	out_field_str(e->o, "rd", "default RD %s; default VPNID <not set>\n",
	        v->rd ? v->rd : "<not set>");
	if (v->description)
		out_field_str(e->o, "description", "  Description: %s\n", v->description);
	out_text(e->o, v->old_form ? "  Old CLI format, supports IPv4 only\n"
	                           : "  New CLI format, supports multiple address-families\n");
	out_int(e->o, "table", table);
	out_text(e->o, "  Interfaces:\n");
	out_list(e->o, "interfaces");
	for (size_t i = 0; i < c->interfaces.n; i++)
		if (is_member(&c->interfaces.v[i], v))
			out_field_str(e->o, NULL, "    %-24s\n",
			        gr_ifname_short(c->interfaces.v[i].name, name));
	out_list_end(e->o);
	family(e->o, "ipv4", v->ipv4, table);
	family(e->o, "ipv6", v->ipv6, table);
	out_obj_end(e->o);
}

static void show(struct exec *e, const char *only, bool in_detail)
{
	const struct fx_config *c = e->fx->cfg;

	if (only && !fx_find_vrf(c, only)) {
		out_text(e->o, "%% No VRF named %s\n", only);
		e->failed = true;
		return;
	}
	if (!in_detail)
		out_text(e->o, "  %-33s%-22s%-12s%s\n", "Name", "Default RD", "Protocols",
		        "Interfaces");
	out_list(e->o, NULL);
	for (size_t i = 0; i < c->vrfs.n; i++) {
		if (only && strcmp(c->vrfs.v[i].name, only) != 0)
			continue;
		if (in_detail)
			detail(e, &c->vrfs.v[i]);
		else
			brief(e, &c->vrfs.v[i]);
	}
	out_list_end(e->o);
}

void exec_show_vrf(struct exec *e, const struct gl_exec_show_vrf *a)
{
	show(e, a->has_name ? a->name : NULL, a->kw_detail);
}

void exec_show_ip_vrf(struct exec *e, const struct gl_exec_show_ip_vrf *a)
{
	show(e, a->has_name ? a->name : NULL, a->kw_detail);
}
