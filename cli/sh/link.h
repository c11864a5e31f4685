/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spokesh's end of the connection: frames in, frames out, nothing that blocks. */
#ifndef SPOKE_CLI_SH_LINK_H
#define SPOKE_CLI_SH_LINK_H

#include "cli/proto.h"

struct link {
	int fd;
	struct proto_in in;
	struct strbuf out;
	size_t sent; /* of out */
	bool lost;   /* the other end is gone, or spoke nonsense */
};

bool link_open(struct link *l, const char *path); /* false: a message is on standard error */
void link_close(struct link *l);
bool link_wants_write(const struct link *l);
size_t link_queued(const struct link *l);
void link_write(struct link *l); /* as much as goes now */
void link_read(struct link *l);  /* as much as is there */
bool link_next(struct link *l, struct proto_frame *f);

#endif
