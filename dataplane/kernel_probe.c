/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Can the kernel do it? A child process tries in a network namespace of its own, where nothing is
 * disturbed: an xfrm interface, a state, ESP in UDP. The child says in words what failed. Where
 * namespaces are refused (a service manager's sandbox), it tries under names that no tunnel has,
 * and takes them away again.
 */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/kernel.h"

enum { WHY = 160, TRIAL_TUNNEL = ~XF_RANGE_MASK };

/* Without CAP_SYS_ADMIN a user namespace around it may do, and without that the box's own. */
static int scratch(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 0;
	return errno == EPERM ? 0 : -errno;
}

static int try_device(void)
{
	struct mnl_socket *s = kdp_open_nl(NETLINK_ROUTE, 0);
	struct dp_tunnel t = {.id = TRIAL_TUNNEL, .name = "spoke-trial"};
	struct kdp_ends none = {0};
	uint32_t ifindex = 0;
	int rc = s ? kdp_link_add(s, &t, &none, &ifindex) : -errno;

	if (rc == 0)
		rc = kdp_link_del(s, ifindex);
	if (s)
		mnl_socket_close(s);
	return rc;
}

static int try_states(void)
{
	static const uint8_t key[32] = {1};
	_Alignas(8) uint8_t msg[XF_MSG_MAX];
	struct endpoint a = {ipaddr_v4(0x7f000001), 4500}, b = {ipaddr_v4(0x7f000002), 4500};
	struct dp_sa sa = {.tunnel = TRIAL_TUNNEL,
	        .spi_in = 0x1000,
	        .spi_out = 0x1001,
	        .mode = DP_TUNNEL,
	        .encr = ENCR_AES_CBC,
	        .encr_bits = 128,
	        .integ = AUTH_HMAC_SHA2_256_128,
	        .encr_in = span_of(key, 16),
	        .integ_in = span_of(key, 32),
	        .encr_out = span_of(key, 16),
	        .integ_out = span_of(key, 32),
	        .udp_encap = true,
	        .local = a,
	        .remote = b,
	        .replay_window = 64};
	struct mnl_socket *s = kdp_open_nl(NETLINK_XFRM, 0);
	int rc = s ? kdp_talk(s, xf_new_sa(msg, &sa, true, true), NULL, NULL) : -errno;

	if (rc == 0)
		rc = kdp_talk(s, xf_ask_sa(msg, XFRM_MSG_DELSA, &sa, true), NULL, NULL);
	if (s)
		mnl_socket_close(s);
	return rc;
}

static int try_encap(void)
{
	int type = UDP_ENCAP_ESPINUDP, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd >= 0 && setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)) == 0
	                 ? 0
	                 : -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static const struct attempt {
	const char *what;
	int (*try)(void);
} attempts[] = {
        {"network namespace", scratch},
        {"xfrm interface", try_device},
        {"ESP state", try_states},
        {"ESP in UDP", try_encap},
};

static void child(int fd)
{
	char why[WHY] = "";

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int rc = attempts[i].try();

		if (rc < 0) {
			snprintf(why, sizeof(why), "%s: %s", attempts[i].what, strerror(-rc));
			break;
		}
	}
	ssize_t rc = write(fd, why, strlen(why) + 1);

	_exit(rc < 0);
}

/* The whole of what the child says, then its end. */
static bool ask_child(int fd, pid_t pid, char *said, size_t n)
{
	size_t have = 0;
	ssize_t got;
	int status = 0;

	while (have < n && (got = read(fd, said + have, n - have)) != 0)
		if (got > 0)
			have += (size_t)got;
		else if (errno != EINTR)
			break;
	said[n - 1] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return have > 0;
}

bool kdp_probe(char *why, size_t n)
{
	char said[WHY] = "";
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0) {
		snprintf(why, n, "pipe: %s", strerror(errno));
		return false;
	}
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(fds[1]);
	}
	close(fds[1]);
	bool heard = pid > 0 && ask_child(fds[0], pid, said, sizeof(said));

	close(fds[0]);
	if (heard && !said[0])
		snprintf(why, n, "ESP of the kernel over xfrm interfaces");
	else
		snprintf(why, n, "%s", heard ? said : "the trial process failed");
	return heard && !said[0];
}
