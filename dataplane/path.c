/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See path.h. The kernel answers for a UDP socket that is connected but sends nothing. */
#include "dataplane/path.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

uint16_t dp_path_mtu(const struct ipaddr *local, const struct ipaddr *remote, const char *device)
{
	bool v6 = remote->family == AF_INET6;
	struct endpoint from = {.addr = *local}, to = {.addr = *remote, .port = 9};
	struct sockaddr_storage a, b;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t n = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (device[0])
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device));
	if (bind(fd, (struct sockaddr *)&a, endpoint_to_sockaddr(&from, &a)) < 0 ||
	        connect(fd, (struct sockaddr *)&b, endpoint_to_sockaddr(&to, &b)) < 0 ||
	        getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &n) <
	                0)
		mtu = 0;
	close(fd);
	return (uint16_t)(mtu > UINT16_MAX ? UINT16_MAX : mtu);
}
