/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own walker answers random scenarios as both of ours do, and the recorded ones as it
 * did in a kernel. Mutants of it do not.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scale.h"
#include "support/walk_differ.h"
#include "walk_glue.h"

#define SCENARIOS 5000u
#define MUTANT_SCENARIOS 20000u

int hmm_range_fault(struct hmm_range *range);
#define MUTANT(name) int hmm_range_fault_##name(struct hmm_range *range);
#include "walk_mutants.inc"
#undef MUTANT

static const struct mutant {
	const char *name;
	kernel_walk_fn walk;
} mutants[] = {
#define MUTANT(name) { #name, hmm_range_fault_##name },
#include "walk_mutants.inc"
#undef MUTANT
};
#define MUTANTS (sizeof(mutants) / sizeof(mutants[0]))

/* What the scenarios led to, because a generator that avoids something must be noticed. */
struct seen {
	uint64_t success, fault, perm, busy, inval;
	uint64_t faults, waits, passes, bad_ptes, livelocks;
	uint64_t kinds[HS_MAP_KIND_COUNT];
};

static struct seen seen;
static struct kernel_walk_seen kernel_seen;
static struct hs_hostmem mem;

/* ---- walkers ------------------------------------------------------------------------------ */

/* Which walker answers instead of the library's; NULL: the library's. */
static kernel_walk_fn in_place;

int __real_hs_range_fault(struct hs_task *self, struct hs_range *range);
int __wrap_hs_range_fault(struct hs_task *self, struct hs_range *range);

int __wrap_hs_range_fault(struct hs_task *self, struct hs_range *range)
{
	return in_place ? kernel_range_fault(self, range, in_place, &kernel_seen)
			: __real_hs_range_fault(self, range);
}

/* For a PMD the kernel waits without an address; ours log the page where the walk was. */
static void log_without_offsets(struct hs_walk_answer *a)
{
	for (size_t i = 0; i < a->log_count; i++)
		if (a->log[i].kind == HS_LOGGED_WAIT_PMD)
			a->log[i].addr &= ~(hs_map_bytes(1) - 1);
}

/* @walk: NULL: @body. */
static int answer(const struct hs_walk_scenario *s, kernel_walk_fn walk, enum hs_body body,
		  struct hs_walk_answer *a)
{
	const struct hs_walk_setting setting = {
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_NONE,
		.body = body,
		.mem = &mem,
	};
	int ret;

	in_place = walk;
	ret = hs_walk_run(s, &setting, a);
	in_place = NULL;
	log_without_offsets(a);
	return ret;
}

static void note(const struct hs_walk_scenario *s, const struct hs_walk_answer *a)
{
	seen.success += a->ret >= 0;
	seen.fault += a->ret == -EFAULT;
	seen.perm += a->ret == -EPERM;
	seen.busy += a->ret == -EBUSY;
	seen.inval += a->ret == -EINVAL;
	seen.faults += a->counts.faults;
	seen.waits += a->counts.waits;
	seen.passes += a->counts.passes;
	seen.bad_ptes += a->counts.bad_ptes;
	seen.livelocks += a->livelock;
	for (size_t i = 0; i < s->layout.map_count; i++)
		seen.kinds[s->layout.maps[i].kind]++;
}

/* 0: the three answers are equal; 1: they are not; other: an error of a run. */
static int differ(const struct hs_walk_scenario *s, kernel_walk_fn walk)
{
	struct hs_walk_answer kernel, plain, reference;
	int ret = answer(s, walk, HS_BODY_PLAIN, &kernel);
	int second = answer(s, NULL, HS_BODY_PLAIN, &plain);
	int third = answer(s, NULL, HS_BODY_REFERENCE, &reference);

	ret = ret ? ret : second ? second : third;
	if (!ret) {
		note(s, &kernel);
		ret = !walk_answers_equal(&kernel, &plain) ||
		      !walk_answers_equal(&kernel, &reference);
	}
	hs_walk_answer_free(&mem, &kernel);
	hs_walk_answer_free(&mem, &plain);
	hs_walk_answer_free(&mem, &reference);
	return ret;
}

/* ---- random scenarios --------------------------------------------------------------------- */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t clock_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool shows(const struct hs_walk_scenario *s, void *arg)
{
	return differ(s, hmm_range_fault) == *(const int *)arg;
}

static void tell(const struct hs_walk_scenario *s, const char *name, kernel_walk_fn walk,
		 enum hs_body body)
{
	struct hs_walk_answer a;
	int ret = answer(s, walk, body, &a);

	walk_tell_answer(&mem, name, ret, &a);
	hs_walk_answer_free(&mem, &a);
}

static void explain(struct gen *g, int what)
{
	walk_shrink(g, shows, &what);
	walk_tell_scenario(&mem, &g->s);
	tell(&g->s, "kernel", hmm_range_fault, HS_BODY_PLAIN);
	tell(&g->s, hs_body_name(HS_BODY_PLAIN), NULL, HS_BODY_PLAIN);
	tell(&g->s, hs_body_name(HS_BODY_REFERENCE), NULL, HS_BODY_REFERENCE);
	fail_msg("the walkers differ (%d)", what);
}

static void the_kernel_answers_what_we_do(void **state)
{
	uint64_t seed = number("HMMSIM_ORACLE_SEED", clock_seed());
	uint64_t scenarios = number("HMMSIM_ORACLE_SCENARIOS", test_scaled(SCENARIOS));
	static struct gen g;

	(void)state;
	printf("%" PRIu64 " scenarios, HMMSIM_ORACLE_SEED=%" PRIu64 "\n", scenarios, seed);
	fflush(stdout);
	for (uint64_t i = 0; i < scenarios; i++) {
		int ret;

		gen_scenario(&g, seed + i);
		ret = differ(&g.s, hmm_range_fault);
		if (ret)
			explain(&g, ret);
	}
	assert_int_equal(mem.live, 0);
}

static void the_scenarios_lead_everywhere(void **state)
{
	(void)state;
	if (number("HMMSIM_ORACLE_SCENARIOS", test_scaled(SCENARIOS)) < SCENARIOS)
		skip();
	printf("faults with the hugetlb VMA lock held %" PRIu64 "\n", kernel_seen.locked_faults);
	printf("success %" PRIu64 ", -EFAULT %" PRIu64 ", -EPERM %" PRIu64 ", -EBUSY %" PRIu64
	       ", -EINVAL %" PRIu64 "\n",
	       seen.success, seen.fault, seen.perm, seen.busy, seen.inval);
	printf("passes %" PRIu64 ", faults %" PRIu64 ", waits %" PRIu64 ", bad PTEs %" PRIu64
	       ", without end %" PRIu64 "\n",
	       seen.passes, seen.faults, seen.waits, seen.bad_ptes, seen.livelocks);
	assert_true(seen.success && seen.fault && seen.perm && seen.busy && seen.inval);
	assert_true(seen.faults && seen.waits && seen.bad_ptes && seen.livelocks);
	/* mm/pagewalk.c holds it around holes. If a kernel does not, README.md is wrong. */
	assert_true(kernel_seen.locked_faults);
	for (unsigned int i = 0; i < HS_MAP_KIND_COUNT; i++)
		assert_true(seen.kinds[i]);
}

/* ---- recorded scenarios ------------------------------------------------------------------- */

static uint64_t differ_in_text(const char *name, const char *bytes, size_t length)
{
	struct hs_walk_scenario s;
	struct hs_text text;
	uint64_t scenarios = 0;
	int ret;

	hs_text_init(&text, &mem, name, bytes, length);
	while ((ret = hs_walk_parse(&text, &s)) > 0) {
		ret = differ(&s, hmm_range_fault);
		if (ret)
			fail_msg("%s: the walkers differ (%d)", s.layout.name, ret);
		hs_walk_free(&mem, &s);
		scenarios++;
	}
	if (ret)
		fail_msg("%s", text.error);
	return scenarios;
}

static uint64_t differ_in_file(const char *name)
{
	static char bytes[4 << 20];
	char path[4096];
	size_t length;
	FILE *file;

	assert_non_null(getenv("HMMSIM_WALK_DATA"));
	snprintf(path, sizeof(path), "%s/%s", getenv("HMMSIM_WALK_DATA"), name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(bytes, 1, sizeof(bytes), file);
	assert_true(feof(file) && !ferror(file));
	fclose(file);
	return differ_in_text(name, bytes, length);
}

/*
 * A kernel on page tables of its own has answered these. Ours answer as it did (conformance_*), so
 * what is equal here shows that the shim bends nothing.
 */
static void the_recorded_scenarios_have_the_same_answers(void **state)
{
	uint64_t scenarios = 0;

	(void)state;
	scenarios += differ_in_file("random.in");
	scenarios += differ_in_file("devmap.in");
	scenarios += differ_in_file("quirks.in");
	printf("%" PRIu64 " recorded scenarios\n", scenarios);
	assert_int_equal(scenarios, 2538);
}

/* ---- mutants ------------------------------------------------------------------------------ */

/* A child's exit status: the number of the first scenario that shows it is on the pipe. */
static void mutant_child(const struct mutant *mutant, int fd)
{
	static struct gen g;

	/* A mutant may fail an assertion, which prints and aborts. */
	if (!freopen("/dev/null", "w", stderr))
		_exit(3);
	for (uint64_t i = 0; i < MUTANT_SCENARIOS; i++) {
		int ret;

		if (write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(3);
		gen_scenario(&g, i);
		ret = differ(&g.s, mutant->walk);
		if (ret)
			_exit(ret == 1 ? 1 : 2);
	}
	_exit(0);
}

/* Returns how it was noticed; NULL: it was not. */
static const char *mutant_noticed(const struct mutant *mutant, uint64_t *scenario)
{
	uint64_t i;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[0]);
		mutant_child(mutant, fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &i, sizeof(i)) == sizeof(i))
		*scenario = i;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGABRT ? "assertion" : "crash";
	assert_in_range(WEXITSTATUS(status), 0, 2);
	return WEXITSTATUS(status) == 1 ? "answer" : WEXITSTATUS(status) == 2 ? "error" : NULL;
}

static void mutants_are_noticed(void **state)
{
	(void)state;
	assert_true(MUTANTS >= 10);
	for (size_t i = 0; i < MUTANTS; i++) {
		uint64_t scenario = 0;
		const char *how = mutant_noticed(&mutants[i], &scenario);

		printf("%-20s %s, scenario %" PRIu64 "\n", mutants[i].name,
		       how ? how : "NOT NOTICED", scenario);
		assert_non_null(how);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_what_we_do),
		cmocka_unit_test(the_scenarios_lead_everywhere),
		cmocka_unit_test(the_recorded_scenarios_have_the_same_answers),
		cmocka_unit_test(mutants_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
