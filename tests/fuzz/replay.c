/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replays a fuzz corpus without a fuzzer: every file named, or every file of every directory named, goes through the target once, whole and
 * cut at each of its lengths up to 256 (most parser mistakes are mistakes about an end). No input at all is a failure: an empty corpus tests
 * nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

/* Each input gets a block of exactly its size, so that a read past its end is seen by AddressSanitizer. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	if (n)
		memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	replayed++;
}

static void run_file(const char *path)
{
	static uint8_t buf[1 << 20];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(1);
	}
	size_t n = fread(buf, 1, sizeof(buf), f);

	fclose(f);
	run(buf, n);
	for (size_t cut = 0; cut < n && cut < 256; cut++)
		run(buf, cut);
}

static void run_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char file[4096];

	if (!d) {
		perror(path);
		exit(1);
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		run_file(file);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			run_dir(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("%zu inputs replayed\n", replayed);
	return replayed ? 0 : 1;
}
