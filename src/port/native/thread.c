/* SPDX-License-Identifier: MIT */
/*
 * thread.c (native) - threads with a task each
 *
 * The handle holds a pthread_t, so it is in host memory, outside the arena.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "port/native/arena.h"

struct hs_thread {
	pthread_t thread;
	struct hs_arena *arena;
	const char *name;
	void (*fn)(struct hs_task *self, void *arg);
	void *arg;
	int attached; /* what hs_arena_attach() returned; valid once @started is posted */
	sem_t started;
	hs_u32 ended; /* the joiner sleeps on it, so that the model clock knows that it sleeps */
};

struct running {
	struct hs_thread *thread;
	struct hs_task *self;
};

/*
 * A cleanup handler, so that it runs at pthread_exit() too. The joiner may free the handle at once.
 */
static void thread_tell_joiner(void *arg)
{
	struct running *r = arg;
	hs_u32 *ended = &r->thread->ended;

	hs_u32_store(r->self, ended, 1, HS_SEQ_CST);
	hs_unpark(r->self, ended, UINT32_MAX);
}

static void *thread_main(void *arg)
{
	struct hs_thread *t = arg;
	struct running running;
	struct hs_task *self;

	t->attached = hs_arena_attach(t->arena, t->name, &self);
	if (t->attached) {
		sem_post(&t->started);
		return NULL;
	}
	sem_post(&t->started);
	running = (struct running){ t, self };
	pthread_cleanup_push(thread_tell_joiner, &running);
	t->fn(self, t->arg);
	pthread_cleanup_pop(1);
	hs_assert(self, !hs_arena_detach(self), "a thread ends with a lock or in a read section");
	return NULL;
}

static void thread_free_handle(struct hs_thread *t)
{
	sem_destroy(&t->started);
	free(t);
}

struct hs_thread *hs_thread_start(struct hs_task *self, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg)
{
	struct hs_thread *t = hs_arena_may_alloc(self->hot.arena, HS_HERE) ? malloc(sizeof(*t))
									   : NULL;

	if (!t)
		return NULL;
	*t = (struct hs_thread){ .arena = self->hot.arena, .name = name, .fn = fn, .arg = arg };
	sem_init(&t->started, 0, 0);
	if (pthread_create(&t->thread, NULL, thread_main, t)) {
		thread_free_handle(t);
		return NULL;
	}
	while (sem_wait(&t->started))
		; /* a signal handler ran */
	if (!t->attached)
		return t;
	pthread_join(t->thread, NULL);
	thread_free_handle(t);
	return NULL;
}

void hs_thread_join_at(struct hs_task *self, struct hs_thread *thread, const char *where)
{
	(void)where;
	while (!hs_u32_load(self, &thread->ended, HS_ACQUIRE))
		hs_park_unchecked(self, &thread->ended, 0);
	pthread_join(thread->thread, NULL);
	thread_free_handle(thread);
}
