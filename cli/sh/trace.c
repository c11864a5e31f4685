/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event trace as a page: clients as rows, their states as coloured bars, events as ticks. One
 * file that asks for nothing else: it is read in any browser, on a machine without a network.
 *
 * Events come from the router, or (`from`) from the file in which a router records them, whether it
 * still runs, was killed, or dumped them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/sh/sh.h"
#include "flexvpn/trace_text.h"

static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>FlexVPN event "
        "trace</title>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        "<style>\n"
        "body{font:14px system-ui,sans-serif;margin:1.5em;color:#222;background:#fff}\n"
        "h1{font-size:1.3em}svg{width:100%;display:block;cursor:grab;user-select:none}\n"
        "text{font-size:12px;fill:#333}.axis{fill:#777}.grid{stroke:#e4e4e4}.tick{stroke:#222;"
        "stroke-width:2}\n"
        "#legend span{display:inline-block;margin-right:1.2em}#legend i{display:inline-block;"
        "width:1em;height:1em;margin-right:.4em;vertical-align:-2px}\n"
        "#say{min-height:1.5em;margin:.6em 0;font-family:monospace}p{color:#666}\n"
        "</style></head><body><h1>FlexVPN event trace</h1>\n"
        "<div id=\"legend\"></div><div id=\"say\"></div><svg id=\"line\"></svg>\n"
        "<p>Wheel: zoom. Drag: move. Double click: everything. A tick is an event, a bar a "
        "state.</p>\n"
        "<script id=\"events\" type=\"application/json\">";

static const char script[] =
        "</script>\n<script>\n'use strict';\n"
        "const E=JSON.parse(document.getElementById('events').textContent);\n"
        "const C={INIT:'#bbb',WAIT_TRACK:'#b39ddb',CONNECT_REQUIRED:'#90caf9',NEGOTIATING:'#"
        "ffb300',"
        "EAP_CREDENTIALS:'#ff7043',ACTIVE:'#43a047',RETRY_WAIT:'#e53935'};\n"
        "const rows=[...new Set(E.filter(e=>e.client).map(e=>e.client))];\n"
        "const first=E.length?E[0].when:0,last=E.length?E[E.length-1].when:1;\n"
        "const all=[first,Math.max(last+Math.max(1000,(last-first)*.02),first+1)];\n"
        "const svg=document.getElementById('line'),NS='http://www.w3.org/2000/svg',L=150,H=36;\n"
        "let v=all.slice();\n"
        "const m=/^#v=([\\d.]+),([\\d.]+)$/.exec(location.hash);\n"
        "if(m&&+m[2]>+m[1])v=[+m[1],+m[2]].map(f=>all[0]+f*(all[1]-all[0]));\n"
        "const stamp=t=>new Date(t).toISOString().replace('T',' ').replace('Z','');\n"
        "const say=s=>document.getElementById('say').textContent=s;\n"
        "function el(name,a,text){const n=document.createElementNS(NS,name);"
        "for(const k in a)n.setAttribute(k,a[k]);if(text)n.textContent=text;svg.appendChild(n);"
        "return n}\n"
        "function hint(n,s){const t=document.createElementNS(NS,'title');t.textContent=s;"
        "n.appendChild(t);n.addEventListener('mouseenter',()=>say(s))}\n"
        "function spans(name){const s=E.filter(e=>e.client===name&&e.state||!e.client);const "
        "r=[];"
        "let cur=null;for(const e of s){if(cur)r.push([cur.state,cur.when,e.when]);"
        "cur=e.client?e:null}if(cur)r.push([cur.state,cur.when,all[1]]);return r}\n"
        "function draw(){svg.replaceChildren();const W=svg.clientWidth||1000,"
        "x=t=>L+(t-v[0])/(v[1]-v[0])*(W-L-10),inside=(a,b)=>b>=v[0]&&a<=v[1];\n"
        "svg.setAttribute('height',rows.length*H+40);\n"
        "for(let i=0;i<=5;i++){const t=v[0]+(v[1]-v[0])*i/5;"
        "el('line',{class:'grid',x1:x(t),x2:x(t),y1:0,y2:rows.length*H+8});"
        "el('text',{class:'axis',x:x(t),y:rows.length*H+26,'text-anchor':i==0?'start':i==5?'end':"
        "'middle'},"
        "stamp(t).slice(11))}\n"
        "rows.forEach((name,i)=>{const y=i*H+8;el('text',{class:'row',x:0,y:y+16},name);\n"
        "for(const[s,a,b]of spans(name)){if(!inside(a,b))continue;const "
        "p=Math.max(x(a),L),q=Math.min(x(b),W-10);"
        "hint(el('rect',{class:'bar','data-client':name,'data-state':s,x:p,y:y,width:Math.max(q-p,"
        "1),"
        "height:22,fill:C[s]||'#000'}),name+' '+s+' '+stamp(a)+' – '+stamp(b)+' "
        "('+((b-a)/1000).toFixed(3)+' s)')}\n"
        "for(const e of E)if(e.client===name&&inside(e.when,e.when))"
        "hint(el('line',{class:'tick','data-client':name,x1:x(e.when),x2:x(e.when),y1:y-3,y2:y+7})"
        ",stamp(e.when)+' '+name+': '+e.event)});\n"
        "for(const e of E)if(!e.client&&inside(e.when,e.when))"
        "hint(el('line',{class:'tick start',x1:x(e.when),x2:x(e.when),y1:0,y2:rows.length*H+8,"
        "'stroke-dasharray':'3 3'}),stamp(e.when)+' '+e.event)}\n"
        "svg.addEventListener('wheel',ev=>{ev.preventDefault();const "
        "f=(ev.offsetX-L)/(svg.clientWidth-L-10),"
        "t=v[0]+f*(v[1]-v[0]),k=ev.deltaY>0?1.25:.8;v=[t-(t-v[0])*k,t+(v[1]-t)*k];draw()},"
        "{passive:false});\n"
        "let drag=null;svg.addEventListener('mousedown',ev=>drag=[ev.clientX,v.slice()]);\n"
        "window.addEventListener('mousemove',ev=>{if(!drag)return;const "
        "d=(drag[0]-ev.clientX)/(svg.clientWidth-L-10)*(drag[1][1]-drag[1][0]);"
        "v=[drag[1][0]+d,drag[1][1]+d];draw()});\n"
        "window.addEventListener('mouseup',()=>drag=null);\n"
        "svg.addEventListener('dblclick',()=>{v=all.slice();draw()});\n"
        "window.addEventListener('resize',draw);\n"
        "for(const s in C){const n=document.createElement('span'),i=document.createElement('i');"
        "i.style.background=C[s];n.append(i,s);document.getElementById('legend').append(n)}\n"
        "say(E.length+' events, '+rows.length+' clients');draw();\n"
        "</script></body></html>\n";

/* Inside a script element no text may end it. */
static void put_json(FILE *f, const char *s)
{
	for (; *s; s++)
		if (*s == '<')
			fputs("\\u003c", f);
		else
			fputc(*s, f);
}

static bool read_file(const char *from, struct strbuf *json)
{
	struct trace t;
	struct out o;

	if (!trace_read(&t, from, fx_trace_meaning())) {
		fprintf(stderr, "spokesh: %s: no event trace of this version of spoke\n", from);
		return false;
	}
	out_init(&o, OUT_JSON);
	fx_trace_show(&t, 0, &o);
	sb_puts(json, out_str_so_far(&o));
	out_fini(&o);
	trace_fini(&t);
	return true;
}

static bool ask_router(const char *socket, struct strbuf *json)
{
	struct link l;

	if (!link_open(&l, socket))
		return false;
	bool ok = sh_capture(&l, "show monitor event-trace flexvpn all | json", json) == 0;

	if (!ok)
		fputs("spokesh: the router does not show its event trace\n", stderr);
	link_close(&l);
	return ok;
}

int sh_trace(const char *page, const char *from, const char *socket)
{
	struct strbuf json = {0};

	if (from ? !read_file(from, &json) : !ask_router(socket, &json))
		return 2;
	FILE *f = fopen(page, "w");
	bool ok = f != NULL;

	if (f) {
		fputs(head, f);
		put_json(f, sb_str(&json));
		fputs(script, f);
		ok = !ferror(f);
		ok = fclose(f) == 0 && ok;
	}
	if (!ok)
		fprintf(stderr, "spokesh: %s: %s\n", page, strerror(errno));
	sb_fini(&json);
	return ok ? 0 : 2;
}
