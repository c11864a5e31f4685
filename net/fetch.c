/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fetcher over libcurl: see fetch.h. One thread runs the multi handle; two lists under one lock
 * join it to the owner: what is to be fetched, and what has come.
 */
#include "net/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

/* One fetch: in `asked`, then the thread's, then in `done`. */
struct job {
	struct job *next;
	uint32_t id;
	char *url, *type, *dev, *local;
	uint8_t *post;
	size_t n_post, max;
	uint32_t timeout_s;
	CURL *curl;
	struct curl_slist *headers;
	struct strbuf body;
	bool too_large;
	struct fetch_answer answer;
};

struct fetcher {
	pthread_t thread;
	pthread_mutex_t lock; /* over all below but `multi` and `running` */
	CURLM *multi;
	struct job *running; /* the thread's */
	struct job *asked, *done;
	uint32_t *cancelled;
	size_t n_cancelled;
	bool stop;
	int event;
};

static void job_free(struct job *j)
{
	curl_easy_cleanup(j->curl);
	curl_slist_free_all(j->headers);
	free(j->url);
	free(j->type);
	free(j->dev);
	free(j->local);
	free(j->post);
	sb_fini(&j->body);
	free(j->answer.body);
	free(j);
}

static void jobs_free(struct job *j)
{
	while (j) {
		struct job *next = j->next;

		job_free(j);
		j = next;
	}
}

/* ---- the thread
 * ------------------------------------------------------------------------------------ */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct job *j = arg;

	n *= size;
	if (n > j->max - j->body.len) {
		j->too_large = true;
		return 0;
	}
	sb_add(&j->body, p, n);
	return n;
}

/* CURLOPT_INTERFACE takes a device or an address; who wants both has the device here. */
static int bind_device(void *arg, curl_socket_t fd, curlsocktype what)
{
	const struct job *j = arg;

	(void)what;
	return j->dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, j->dev,
	                         (socklen_t)strlen(j->dev)) < 0
	               ? CURL_SOCKOPT_ERROR
	               : CURL_SOCKOPT_OK;
}

static bool set_up(struct job *j)
{
	char line[128];
	CURL *c = j->curl = curl_easy_init();
	bool ok = c && curl_easy_setopt(c, CURLOPT_URL, j->url) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)j->timeout_s) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_USERAGENT, "spoke/" SPOKE_VERSION) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_WRITEDATA, j) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_PRIVATE, j) == CURLE_OK;

	if (ok && j->local) {
		snprintf(line, sizeof(line), "host!%s", j->local);
		ok = curl_easy_setopt(c, CURLOPT_INTERFACE, line) == CURLE_OK &&
		     curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, bind_device) == CURLE_OK &&
		     curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, j) == CURLE_OK;
	} else if (ok && j->dev) {
		snprintf(line, sizeof(line), "if!%s",
		        j->dev); /* a device, whatever else has that name */
		ok = curl_easy_setopt(c, CURLOPT_INTERFACE, line) == CURLE_OK;
	}
	if (ok && j->type) {
		snprintf(line, sizeof(line), "Content-Type: %s", j->type);
		j->headers = curl_slist_append(j->headers, line);
		ok = j->headers &&
		     curl_easy_setopt(c, CURLOPT_HTTPHEADER, j->headers) == CURLE_OK &&
		     curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
		     curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)j->n_post) == CURLE_OK &&
		     curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)j->post) == CURLE_OK;
	}
	return ok;
}

/* The answer stands: the owner is told. */
static void finish(struct fetcher *f, struct job *j)
{
	uint64_t one = 1;

	j->answer.id = j->id;
	if (j->answer.ok) {
		j->answer.body = (uint8_t *)j->body.s;
		j->answer.n = j->body.len;
		j->body = (struct strbuf){0};
	}
	pthread_mutex_lock(&f->lock);
	j->next = f->done;
	f->done = j;
	pthread_mutex_unlock(&f->lock);
	if (write(f->event, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

static void drop_running(struct fetcher *f, struct job **at)
{
	struct job *j = *at;

	*at = j->next;
	j->next = NULL;
	if (j->curl)
		curl_multi_remove_handle(f->multi, j->curl);
}

static void judge(struct job *j, CURLcode rc)
{
	long status = 0;

	curl_easy_getinfo(j->curl, CURLINFO_RESPONSE_CODE, &status);
	j->answer.ok = rc == CURLE_OK && status == 200;
	if (j->too_large)
		snprintf(j->answer.why, sizeof(j->answer.why), "more than %zu octets", j->max);
	else if (rc != CURLE_OK)
		snprintf(j->answer.why, sizeof(j->answer.why), "%s", curl_easy_strerror(rc));
	else if (!j->answer.ok)
		snprintf(j->answer.why, sizeof(j->answer.why), "the server answers %ld", status);
}

static void take_messages(struct fetcher *f)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left))) {
		CURLcode rc = m->data.result;
		CURL *curl = m->easy_handle;
		struct job **at = &f->running;

		if (m->msg != CURLMSG_DONE)
			continue;
		while (*at && (*at)->curl != curl)
			at = &(*at)->next;
		if (!*at)
			continue;
		struct job *j = *at;

		judge(j, rc);
		drop_running(f, at);
		finish(f, j);
	}
}

static void start(struct fetcher *f, struct job *j)
{
	if (!set_up(j) || curl_multi_add_handle(f->multi, j->curl) != CURLM_OK) {
		snprintf(j->answer.why, sizeof(j->answer.why),
		        "the URL is not one that can be fetched");
		finish(f, j);
		return;
	}
	j->next = f->running;
	f->running = j;
}

static bool take_cancelled(struct fetcher *f, uint32_t *id)
{
	pthread_mutex_lock(&f->lock);
	bool any = f->n_cancelled > 0;

	if (any)
		*id = f->cancelled[--f->n_cancelled];
	pthread_mutex_unlock(&f->lock);
	return any;
}

static void cancel_running(struct fetcher *f)
{
	uint32_t id;

	while (take_cancelled(f, &id))
		for (struct job **at = &f->running, *j; (j = *at);) {
			if (j->id != id) {
				at = &j->next;
				continue;
			}
			drop_running(f, at);
			job_free(j);
		}
}

static void *work(void *arg)
{
	struct fetcher *f = arg;
	bool stop = false;
	int n;

	while (!stop) {
		struct job *j;

		pthread_mutex_lock(&f->lock);
		j = f->asked;
		f->asked = NULL;
		stop = f->stop;
		pthread_mutex_unlock(&f->lock);
		while (j) {
			struct job *next = j->next;

			start(f, j);
			j = next;
		}
		cancel_running(f);
		curl_multi_perform(f->multi, &n);
		take_messages(f);
		if (!stop)
			curl_multi_poll(f->multi, NULL, 0, 1000, NULL);
	}
	return NULL;
}

/* ---- the owner's side
 * ------------------------------------------------------------------------------ */

static bool start_thread(struct fetcher *f)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	bool ok = pthread_create(&f->thread, NULL, work, f) == 0;

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

struct fetcher *fetcher_new(void)
{
	struct fetcher *f = xcalloc(1, sizeof(*f));

	pthread_mutex_init(&f->lock, NULL);
	f->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
	if (f->event >= 0 && f->multi && start_thread(f))
		return f;
	if (f->multi)
		curl_multi_cleanup(f->multi);
	if (f->event >= 0)
		close(f->event);
	free(f);
	return NULL;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_mutex_unlock(&f->lock);
	curl_multi_wakeup(f->multi);
	pthread_join(f->thread, NULL);
	while (f->running) {
		struct job *j = f->running;

		drop_running(f, &f->running);
		job_free(j);
	}
	jobs_free(f->asked);
	jobs_free(f->done);
	free(f->cancelled);
	curl_multi_cleanup(f->multi);
	curl_global_cleanup();
	close(f->event);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

int fetcher_fd(const struct fetcher *f)
{
	return f->event;
}

static void ask(void *ctx, uint32_t id, const struct fetch_want *w)
{
	struct fetcher *f = ctx;
	struct job *j = xcalloc(1, sizeof(*j));

	j->id = id;
	j->url = xstrdup(w->url);
	j->type = w->type ? xstrdup(w->type) : NULL;
	j->dev = w->dev ? xstrdup(w->dev) : NULL;
	j->local = w->local ? xstrdup(w->local) : NULL;
	j->max = w->max;
	j->timeout_s = w->timeout_s;
	if (w->post.n) {
		j->post = xmalloc(w->post.n);
		memcpy(j->post, w->post.p, j->n_post = w->post.n);
	}
	pthread_mutex_lock(&f->lock);
	j->next = f->asked;
	f->asked = j;
	pthread_mutex_unlock(&f->lock);
	curl_multi_wakeup(f->multi);
}

/* Takes those with this number out of a list. */
static bool purge(struct job **at, uint32_t id)
{
	bool any = false;

	for (struct job *j; (j = *at);) {
		if (j->id != id) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		job_free(j);
		any = true;
	}
	return any;
}

static void cancel(void *ctx, uint32_t id)
{
	struct fetcher *f = ctx;

	pthread_mutex_lock(&f->lock);
	if (!purge(&f->asked, id) && !purge(&f->done, id)) {
		f->cancelled = xrealloc(f->cancelled, (f->n_cancelled + 1) * sizeof(*f->cancelled));
		f->cancelled[f->n_cancelled++] = id;
	}
	pthread_mutex_unlock(&f->lock);
	curl_multi_wakeup(f->multi);
}

static bool poll_answer(void *ctx, struct fetch_answer *out)
{
	struct fetcher *f = ctx;
	uint64_t n;

	pthread_mutex_lock(&f->lock);
	struct job *j = f->done;

	if (j)
		f->done = j->next;
	else if (read(f->event, &n, sizeof(n)) < 0)
		n = 0;
	pthread_mutex_unlock(&f->lock);
	if (!j)
		return false;
	*out = j->answer;
	j->answer.body = NULL;
	job_free(j);
	return true;
}

struct fetch_io fetcher_io(struct fetcher *f)
{
	return (struct fetch_io){f, ask, cancel, poll_answer};
}
