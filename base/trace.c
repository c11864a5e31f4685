/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event-trace ring: see trace.h. */
#include "base/trace.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

struct trace_ring {
	char magic[8];
	uint32_t meaning, entries;
	_Atomic uint64_t n; /* records written since it was cleared */
	uint64_t spare[5];  /* records stand on cache lines */
	struct trace_rec rec[];
};

static const char magic[8] = "spoketr";

static size_t size_of(size_t entries)
{
	return sizeof(struct trace_ring) + entries * sizeof(struct trace_rec);
}

/* ---- where it lies
 * -----------------------------------------------------------------------------------------------
 */

static struct trace_ring *map(int fd, size_t entries)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *p = mmap(NULL, size_of(entries), PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void begin(struct trace_ring *r, uint32_t meaning, size_t entries)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->magic, magic, sizeof(magic));
	r->meaning = meaning;
	r->entries = (uint32_t)entries;
}

/* How many entries the file has, if it is one of ours; 0: it is not. */
static size_t entries_of(int fd, uint32_t meaning)
{
	struct trace_ring head;
	struct stat st;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	        memcmp(head.magic, magic, sizeof(magic)) != 0 || head.meaning != meaning ||
	        !head.entries || head.entries > TRACE_MAX_ENTRIES)
		return 0;
	return fstat(fd, &st) == 0 && (size_t)st.st_size == size_of(head.entries) ? head.entries
	                                                                          : 0;
}

/* Its blocks are there before it is mapped: a full disk must not become a signal. */
static struct trace_ring *map_file(const char *path, uint32_t meaning, size_t *entries)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct trace_ring *r = NULL;

	if (fd < 0)
		return NULL;
	size_t old = entries_of(fd, meaning);

	if (old) {
		*entries = old;
		r = map(fd, old);
	} else if (ftruncate(fd, 0) == 0 && posix_fallocate(fd, 0, (off_t)size_of(*entries)) == 0) {
		r = map(fd, *entries);
		if (r)
			begin(r, meaning, *entries);
	}
	close(fd);
	return r;
}

void trace_open(struct trace *t, const char *path, uint32_t meaning, size_t entries)
{
	*t = (struct trace){.enabled = true, .meaning = meaning};
	t->ring = path ? map_file(path, meaning, &entries) : NULL;
	if (t->ring)
		t->path = xstrdup(path);
	else if ((t->ring = map(-1, entries)))
		begin(t->ring, meaning, entries);
	t->cap = t->ring ? entries : 0;
}

bool trace_read(struct trace *t, const char *path, uint32_t meaning)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = fd < 0 ? 0 : entries_of(fd, meaning);
	void *p = n ? mmap(NULL, size_of(n), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	*t = (struct trace){.meaning = meaning};
	if (p == MAP_FAILED)
		return false;
	t->ring = p;
	t->cap = n;
	return true;
}

bool trace_copy(const struct trace *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t n = t->ring ? size_of(t->cap) : 0;

	if (fd < 0)
		return false;
	bool ok = write(fd, t->ring, n) == (ssize_t)n;

	return close(fd) == 0 && ok;
}

void trace_fini(struct trace *t)
{
	if (t->ring)
		munmap(t->ring, size_of(t->cap));
	free(t->path);
	*t = (struct trace){0};
}

/* ---- records
 * -------------------------------------------------------------------------------------------------------
 */

static uint64_t count(const struct trace *t)
{
	return t->ring ? atomic_load_explicit(&t->ring->n, memory_order_relaxed) : 0;
}

static size_t used(const struct trace *t)
{
	uint64_t n = count(t);

	return n < t->cap ? (size_t)n : t->cap;
}

const struct trace_rec *trace_at(const struct trace *t, size_t i)
{
	size_t have = used(t);

	return i < have ? &t->ring->rec[(count(t) - have + i) % t->cap] : NULL;
}

void trace_clear(struct trace *t)
{
	if (t->ring)
		atomic_store_explicit(&t->ring->n, 0, memory_order_release);
}

static void append(struct trace *t, const struct trace_rec *rec)
{
	uint64_t n = count(t);

	t->ring->rec[n % t->cap] = *rec;
	atomic_store_explicit(&t->ring->n, n + 1, memory_order_release);
}

/* The smaller or larger ring is complete under another name before it takes the place of the old
 * one. */
void trace_resize(struct trace *t, size_t entries)
{
	struct trace fresh;
	char tmp[4096];
	size_t have = used(t);

	snprintf(tmp, sizeof(tmp), "%s.new", t->path ? t->path : "");
	if (t->path)
		unlink(tmp);
	trace_open(&fresh, t->path ? tmp : NULL, t->meaning, entries);
	for (size_t i = have > fresh.cap ? have - fresh.cap : 0; i < have; i++)
		append(&fresh, trace_at(t, i));
	fresh.enabled = t->enabled;
	fresh.one_shot = t->one_shot;
	if (fresh.path && rename(tmp, t->path) == 0) {
		free(fresh.path);
		fresh.path = xstrdup(t->path);
	}
	trace_fini(t);
	*t = fresh;
}

static uint64_t coarse_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void trace_put(
        struct trace *t, uint32_t id, const char *subject, uint64_t a, uint64_t b, uint64_t c)
{
	if (!t->enabled || !t->ring)
		return;
	uint64_t n = count(t);
	struct trace_rec *r = &t->ring->rec[n % t->cap];
	size_t len = strnlen(subject, TRACE_SUBJECT - 1);

	r->when = coarse_ms();
	r->id = id;
	r->word[0] = a;
	r->word[1] = b;
	r->word[2] = c;
	memcpy(r->subject, subject, len);
	memset(r->subject + len, 0, TRACE_SUBJECT - len);
	atomic_store_explicit(&t->ring->n, n + 1, memory_order_release);
	if (t->one_shot && n + 1 >= t->cap)
		t->enabled = false;
}
