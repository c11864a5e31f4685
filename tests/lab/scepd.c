/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An authority for the labs that speaks SCEP over HTTP (tests/flexvpn/lib_scep.h), one connection
 * at a time.
 *
 *   scepd PORT CA.pem CA.key [pending N] [challenge PASSWORD] [seconds N]
 *
 * It says on its output what it was asked. `seconds`: how long what it issues is good for.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "tests/flexvpn/lib_scep.h"

enum { REQUEST_MAX = 128 * 1024 };

static bool whole(const char *r, size_t n)
{
	const char *end = strstr(r, "\r\n\r\n"), *len = strcasestr(r, "Content-Length: ");

	return end && n - (size_t)(end + 4 - r) >= (len ? strtoul(len + 16, NULL, 10) : 0);
}

static size_t read_request(int c, char *buf)
{
	size_t n = 0;
	ssize_t got;

	buf[0] = '\0';
	while (!whole(buf, n) && n + 1 < REQUEST_MAX &&
	        (got = read(c, buf + n, REQUEST_MAX - 1 - n)) > 0) {
		n += (size_t)got;
		buf[n] = '\0';
		if (strncasecmp(buf + n - 4, "\r\n\r\n", 4) == 0 && strcasestr(buf, "Expect:"))
			dprintf(c, "HTTP/1.1 100 Continue\r\n\r\n");
	}
	return n;
}

static void serve(struct scep_server *s, int c)
{
	static char request[REQUEST_MAX];
	size_t n = read_request(c, request), len = 0;
	const char *op = strstr(request, "operation="), *body = strstr(request, "\r\n\r\n");
	char name[40];
	uint8_t *out;

	if (!op || !body)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(op + 10, "& "), op + 10);
	body += 4;
	out = scep_server_answer(s, name, span_of(body, n - (size_t)(body - request)), &len);
	if (strcmp(name, "PKIOperation") == 0)
		printf("%s %d %s\n", name, s->type, s->subject);
	else
		printf("%s\n", name);
	fflush(stdout);
	dprintf(c, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
	        out ? "200 OK" : "404 Not Found", len);
	for (size_t at = 0; at < len;) {
		ssize_t put = write(c, out + at, len - at);

		if (put <= 0)
			break;
		at += (size_t)put;
	}
	OPENSSL_free(out);
}

static bool load(struct scep_server *s, const char *ca, const char *key)
{
	FILE *f = fopen(ca, "r"), *k = fopen(key, "r");

	*s = (struct scep_server){
	        .caps = "SCEPStandard\nSHA-256\nAES\nRenewal\nPOSTPKIOperation\n", .refuse = -1};
	s->root.x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	s->root.key = k ? PEM_read_PrivateKey(k, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	if (k)
		fclose(k);
	return s->root.x && s->root.key;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	struct scep_server s;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (argc < 4 || !load(&s, argv[2], argv[3])) {
		fprintf(stderr,
		        "scepd PORT CA.pem CA.key [pending N] [challenge PASSWORD] [seconds N]\n");
		return 2;
	}
	for (int i = 4; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "pending") == 0)
			s.pending = (unsigned)atoi(argv[i + 1]);
		else if (strcmp(argv[i], "challenge") == 0)
			s.challenge = argv[i + 1];
		else if (strcmp(argv[i], "seconds") == 0)
			s.seconds = atoi(argv[i + 1]);
	}
	a.sin_port = htons((uint16_t)atoi(argv[1]));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0) {
		perror("scepd");
		return 1;
	}
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue;
		serve(&s, c);
		close(c);
	}
}
