/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traffic for bench/dataplane, and what became of it. Results are JSON, one line.
 *
 *   load sink ADDRESS                     takes TCP and UDP; prints "ready", ends with its input
 *   load tcp ADDRESS STREAMS MS           so many streams for so long
 *   load udp ADDRESS SIZE MS              IP packets of SIZE octets, at most WINDOW of them not yet
 * told of by the sink load rtt ADDRESS COUNT                packets of 64 octets, one after another
 * there and back
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT = 7000,
	CHUNK = 1 << 18,
	STREAMS = 16,
	WINDOW = 512,
	TELL_EVERY = 64,
	BATCH = 64,
	UDP_OVERHEAD = 28,
	LOST_MS = 20,
	WARM = 50, /* of the round trips, not counted */
};

static uint8_t octets[CHUNK];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	return a;
}

static bool all(ssize_t rc, size_t n)
{
	return rc == (ssize_t)n;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

/* What the sink says at the end; how often it was sent again, the sender knows. */
struct result {
	uint64_t octets, retransmits;
};

static uint64_t drain(int fd)
{
	static _Thread_local uint8_t in[CHUNK];
	uint64_t sum = 0;
	ssize_t n;

	while ((n = read(fd, in, sizeof(in))) > 0)
		sum += (uint64_t)n;
	return sum;
}

static void push(int fd, double seconds)
{
	double end = now() + seconds;

	while (now() < end && send(fd, octets, sizeof(octets), MSG_NOSIGNAL) > 0)
		;
}

static uint64_t retransmits(int fd)
{
	struct tcp_info i;
	socklen_t n = sizeof(i);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n) < 0)
		return 0;
	return i.tcpi_total_retrans;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct result r = {.octets = drain(fd)};

	if (!all(send(fd, &r, sizeof(r), MSG_NOSIGNAL), sizeof(r)))
		perror("result");
	close(fd);
	return NULL;
}

struct stream {
	pthread_t thread;
	int fd;
	double seconds;
	struct result r;
};

static void *client(void *arg)
{
	struct stream *s = arg;

	push(s->fd, s->seconds);
	shutdown(s->fd, SHUT_WR);
	if (!all(recv(s->fd, &s->r, sizeof(s->r), MSG_WAITALL), sizeof(s->r)))
		die("result");
	s->r.retransmits = retransmits(s->fd);
	return NULL;
}

static int run_tcp(const char *to, int streams, double seconds)
{
	struct sockaddr_in a = address(to);
	struct stream s[STREAMS];
	struct result sum = {0};
	double start;

	if (streams < 1 || streams > STREAMS)
		return 2;
	for (int i = 0; i < streams; i++) {
		s[i] = (struct stream){.fd = socket(AF_INET, SOCK_STREAM, 0), .seconds = seconds};
		if (connect(s[i].fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			die("connect");
	}
	start = now();
	for (int i = 0; i < streams; i++)
		pthread_create(&s[i].thread, NULL, client, &s[i]);
	for (int i = 0; i < streams; i++) {
		pthread_join(s[i].thread, NULL);
		sum.octets += s[i].r.octets;
		sum.retransmits += s[i].r.retransmits;
	}
	printf("{\"octets\": %llu, \"seconds\": %.6f, \"retransmits\": %llu}\n",
	        (unsigned long long)sum.octets, now() - start, (unsigned long long)sum.retransmits);
	return 0;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

enum kind { RESET, DATA, ECHO, TOLD };
struct head {
	uint32_t kind;
	uint32_t n; /* how many came, in what the sink tells */
};

static void tell(int fd, const struct sockaddr_in *to, uint32_t n)
{
	struct head h = {TOLD, n};

	sendto(fd, &h, sizeof(h), 0, (const struct sockaddr *)to, sizeof(*to));
}

struct batch {
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in from[BATCH];
	uint8_t room[BATCH][2048];
};

static void batch_init(struct batch *b)
{
	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->room[i], sizeof(b->room[i])};
		b->m[i].msg_hdr = (struct msghdr){.msg_iov = &b->iov[i],
		        .msg_iovlen = 1,
		        .msg_name = &b->from[i],
		        .msg_namelen = sizeof(b->from[i])};
	}
}

static void *udp_sink(void *arg)
{
	static struct batch b;
	int fd = (int)(intptr_t)arg;
	uint32_t count = 0, told = 0;

	for (;;) {
		batch_init(&b);
		int n = recvmmsg(fd, b.m, BATCH, MSG_WAITFORONE, NULL);

		for (int i = 0; i < n; i++) {
			struct head h;

			memcpy(&h, b.room[i], sizeof(h));
			if (h.kind == ECHO)
				sendto(fd, b.room[i], b.m[i].msg_len, 0,
				        (struct sockaddr *)&b.from[i], sizeof(b.from[i]));
			else if (h.kind == RESET)
				tell(fd, &b.from[i], count = told = 0);
			else if (++count - told >= TELL_EVERY)
				tell(fd, &b.from[i], told = count);
		}
	}
	return NULL;
}

static int udp_to(const char *to, int wait_ms)
{
	struct sockaddr_in a = address(to);
	struct timeval t = {.tv_usec = wait_ms * 1000};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	return fd;
}

/* The sink starts to count from nothing. */
static void reset(int fd)
{
	struct head h = {RESET, 0};

	do {
		if (send(fd, &h, sizeof(h), 0) < 0)
			perror("reset");
	} while (recv(fd, &h, sizeof(h), 0) < (ssize_t)sizeof(h) || h.kind != TOLD || h.n);
}

/* The highest count that has arrived, waiting for one if there is none. */
static uint32_t listen_to_sink(int fd, uint32_t told, bool *silent)
{
	struct head h;
	int flags = 0;

	*silent = true;
	while (recv(fd, &h, sizeof(h), flags) == (ssize_t)sizeof(h)) {
		if (h.kind == TOLD && (int32_t)(h.n - told) > 0)
			told = h.n;
		*silent = false;
		flags = MSG_DONTWAIT;
	}
	return told;
}

static int run_udp(const char *to, size_t size, double seconds)
{
	static struct batch b;
	static const struct head data = {DATA, 0};
	int fd = udp_to(to, LOST_MS);
	uint32_t sent = 0, told = 0, lost = 0;
	bool silent;

	reset(fd);
	batch_init(&b);
	for (int i = 0; i < BATCH; i++) {
		memcpy(b.room[i], &data, sizeof(data));
		b.iov[i].iov_len = size - UDP_OVERHEAD;
		b.m[i].msg_hdr.msg_name = NULL;
		b.m[i].msg_hdr.msg_namelen = 0;
	}
	double start = now(), end = start + seconds;

	while (now() < end) {
		while (sent - told - lost + BATCH <= WINDOW) {
			int n = sendmmsg(fd, b.m, BATCH, 0);

			sent += n > 0 ? (uint32_t)n : 0;
		}
		told = listen_to_sink(fd, told, &silent);
		if (silent) /* what is out is lost */
			lost = sent - told;
	}
	printf("{\"packets\": %u, \"lost\": %u, \"seconds\": %.6f}\n", told, lost, now() - start);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int run_rtt(const char *to, int count)
{
	int fd = udp_to(to, 1000);
	uint8_t p[64 - UDP_OVERHEAD] = {0};
	struct head h = {ECHO, 0};
	double *t = calloc((size_t)count, sizeof(*t));
	int lost = 0;

	if (!t || count < 1)
		return 2;
	for (int i = -WARM; i < count; i++) {
		double start = now();

		h.n = (uint32_t)(i + WARM);
		memcpy(p, &h, sizeof(h));
		if (send(fd, p, sizeof(p), 0) < 0 || recv(fd, p, sizeof(p), 0) < 0)
			lost++;
		if (i >= 0)
			t[i] = now() - start;
	}
	qsort(t, (size_t)count, sizeof(*t), by_size);
	printf("{\"p50\": %.9f, \"p99\": %.9f, \"lost\": %d}\n", t[count / 2], t[count * 99 / 100],
	        lost);
	free(t);
	return 0;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static int listening(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 || listen(fd, STREAMS) < 0)
		die("sink");
	return fd;
}

static int run_sink(const char *at)
{
	struct sockaddr_in a = address(at);
	int tcp = listening(&a), udp = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
	pthread_t t;

	setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(udp, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	        pthread_create(&t, NULL, udp_sink, (void *)(intptr_t)udp) != 0)
		die("sink");
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = {{tcp, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

		if (poll(p, 2, -1) < 0 || p[1].revents)
			return 0;
		int fd = accept(tcp, NULL, NULL);

		if (fd >= 0 && pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(t);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(what, "sink") == 0)
		return run_sink(argv[2]);
	if (argc == 5 && strcmp(what, "tcp") == 0)
		return run_tcp(argv[2], atoi(argv[3]), atoi(argv[4]) / 1e3);
	if (argc == 5 && strcmp(what, "udp") == 0)
		return run_udp(argv[2], (size_t)atoi(argv[3]), atoi(argv[4]) / 1e3);
	if (argc == 4 && strcmp(what, "rtt") == 0)
		return run_rtt(argv[2], atoi(argv[3]));
	fprintf(stderr, "usage: load sink|tcp|udp|rtt ADDRESS …: see the source\n");
	return 2;
}
