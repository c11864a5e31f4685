/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables say about modes and lines. */
#include "grammar/tables.h"

const struct gr_mode_info *gr_mode_info(int mode)
{
	return &gr_tab.mode[mode].info;
}

const struct gr_line_info *gr_line_info(int line)
{
	return &gr_tab.line[line].info;
}

int gr_line_count(void)
{
	return gr_tab.n_line;
}
