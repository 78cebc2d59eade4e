/* SPDX-License-Identifier: MIT */
/*
 * retry_model_c11.c - the retry model in plain C11 with pthreads, for other model checkers
 *
 * The protocol is that of tests/support/retry_model.c, access by access, so that a tool that counts
 * one execution for each class of equal ones counts what test_retry_model asserts:
 *
 *	genmc -sc -- -DVERIFIER -DNDRV=2 retry_model_c11.c
 *
 *	clang -S -emit-llvm -DVERIFIER -DNDRV=2 -o m.ll retry_model_c11.c
 *	nidhugg -sc -optimal m.ll
 *
 *	NDRV	NATT	TEAR	NPG	complete executions
 *	1	1	0	1	6
 *	1	2	0	1	8
 *	1	1	1	1	6
 *	1	1	0	2	14
 *	1	1	0	4	39
 *	2	1	0	1	39
 *	2	1	1	1	39
 *	2	2	0	1	70
 *	3	1	0	1	276
 *	3	2	0	1	676
 *	4	1	0	1	2,133
 *	5	1	0	1	18,018
 *	6	1	0	1	166,203
 *
 * GenMC 0.10.3 found these numbers for this protocol, Nidhugg those rows that it was given. Blocked
 * executions come on top, and are none of these. BROKEN is a wrong variant: 1 no check of the
 * sequence number, 2 the check outside the lock, 3 the page touched after the unlock. Each fails an
 * assertion.
 *
 * Accesses, in the order of the tasks' steps:
 *
 *	retry_model.c			here
 *	driver
 *	  hs_u64_load seq		atomic_load seq
 *	  hs_ptr_load cpu_pte		atomic_load cpu_pte
 *	  hs_mutex_lock			pthread_mutex_lock
 *	  hs_u64_load seq		atomic_load seq
 *	  hs_deref page			atomic_load page_is_live
 *	  hs_ptr_store slot		atomic_store dev_pte[slot]
 *	  hs_mutex_unlock		pthread_mutex_unlock (also before another attempt)
 *	invalidator
 *	  hs_mutex_lock			pthread_mutex_lock
 *	  hs_u64_store seq, 1		atomic_store seq, 1
 *	  hs_ptr_store of each slot	atomic_store of each dev_pte
 *	  hs_mutex_unlock		pthread_mutex_unlock
 *	  hs_ptr_store cpu_pte		atomic_store cpu_pte
 *	  hs_u64_store seq, 2		atomic_store seq, 2
 *	  hs_free page			atomic_store page_is_live, 0
 *	  or, TEAR: hs_u32_store done	atomic_store done, 1
 *	teardown
 *	  hs_spin_until done		AWAIT(atomic_load done)
 *	  hs_free page			atomic_store page_is_live, 0
 *
 * The check at the end reads what the other tasks have left, after all have been joined. All orders
 * are sequentially consistent: what the counts are of.
 *
 * test_retry_model_c11 compiles this text for the explorer and counts the same. Without VERIFIER it
 * is an ordinary program, which plays ROUNDS rounds on threads.
 */
#undef NDEBUG /* the assertions are what is asked */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#ifndef NDRV
#define NDRV 2 /* drivers */
#endif
#ifndef NATT
#define NATT 1 /* attempts for each page */
#endif
#ifndef NPG
#define NPG 1 /* pages of each driver, one after the other */
#endif
#ifndef TEAR
#define TEAR 0 /* a task of its own frees the page */
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

#define SLOTS (NDRV * NPG)

#if defined(AWAIT)
/* Given: test_retry_model_c11.c compiles this text for the explorer. */
#elif defined(VERIFIER)
/* An execution in which the condition does not hold is none. */
void __VERIFIER_assume(int condition);
#define AWAIT(condition) __VERIFIER_assume(condition)
#else
#include <sched.h>
#define AWAIT(condition)               \
	do {                           \
		while (!(condition))   \
			sched_yield(); \
	} while (0)
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int seq, done;
static atomic_int cpu_pte = 1, page_is_live = 1;
static atomic_int dev_pte[SLOTS];
static int first_slot[NDRV];

/* 1: nothing more to do for this page. */
static int driver_attempt(int slot)
{
	int s = atomic_load(&seq), p;

	if (s & 1)
		return 0;
	p = atomic_load(&cpu_pte);
	if (!p)
		return 1;
#if BROKEN == 2
	if (atomic_load(&seq) != s)
		return 0;
#endif
	pthread_mutex_lock(&lock);
#if BROKEN == 0 || BROKEN == 3
	if (atomic_load(&seq) != s) {
		pthread_mutex_unlock(&lock);
		return 0;
	}
#endif
#if BROKEN != 3
	assert(atomic_load(&page_is_live));
#endif
	atomic_store(&dev_pte[slot], p);
	pthread_mutex_unlock(&lock);
#if BROKEN == 3
	assert(atomic_load(&page_is_live));
#endif
	return 1;
}

static void *driver(void *arg)
{
	int first = *(int *)arg;

	for (int page = 0; page < NPG; page++)
		for (int try = 0; try < NATT; try++)
			if (driver_attempt(first + page))
				break;
	return NULL;
}

static void *invalidator(void *arg)
{
	pthread_mutex_lock(&lock);
	atomic_store(&seq, 1);
	for (int i = 0; i < SLOTS; i++)
		atomic_store(&dev_pte[i], 0);
	pthread_mutex_unlock(&lock);
	atomic_store(&cpu_pte, 0);
	atomic_store(&seq, 2);
	if (TEAR)
		atomic_store(&done, 1);
	else
		atomic_store(&page_is_live, 0);
	return arg;
}

#if TEAR
static void *teardown(void *arg)
{
	AWAIT(atomic_load(&done));
	atomic_store(&page_is_live, 0);
	return arg;
}
#endif

static void play(void)
{
	pthread_t task[NDRV + 1 + TEAR];

	for (int i = 0; i < NDRV; i++) {
		first_slot[i] = i * NPG;
		if (pthread_create(&task[i], NULL, driver, &first_slot[i]))
			assert(0);
	}
	if (pthread_create(&task[NDRV], NULL, invalidator, NULL))
		assert(0);
#if TEAR
	if (pthread_create(&task[NDRV + 1], NULL, teardown, NULL))
		assert(0);
#endif
	for (int i = 0; i < NDRV + 1 + TEAR; i++)
		pthread_join(task[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		assert(!atomic_load(&dev_pte[i]) || atomic_load(&cpu_pte));
}

int main(void)
{
	play();
	for (int round = 1; round < ROUNDS; round++) {
		atomic_store(&seq, 0);
		atomic_store(&done, 0);
		atomic_store(&cpu_pte, 1);
		atomic_store(&page_is_live, 1);
		for (int i = 0; i < SLOTS; i++)
			atomic_store(&dev_pte[i], 0);
		play();
	}
	return 0;
}
