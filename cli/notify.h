/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling the service manager how we are: systemd's notification datagrams, without its library.
 * Without a manager nothing happens. */
#ifndef SPOKE_CLI_NOTIFY_H
#define SPOKE_CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

bool notify_send(const char *state); /* "READY=1"; false: nobody listens */
uint64_t notify_watchdog_ms(void);   /* how often WATCHDOG=1 is expected; 0: never */

#endif
