/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a recording back end. */
#include "base/record.h"

#include <stdarg.h>

int record_call(struct record *r, const char *fmt, ...)
{
	int rc = r->fail;
	va_list ap;

	va_start(ap, fmt);
	sb_vprintf(&r->log, fmt, ap);
	va_end(ap);
	sb_putc(&r->log, '\n');
	r->calls++;
	r->fail = 0;
	return rc;
}

void record_forget(struct record *r)
{
	sb_clear(&r->log);
	r->calls = 0;
}

void record_fini(struct record *r)
{
	sb_fini(&r->log);
}
