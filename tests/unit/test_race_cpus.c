/* SPDX-License-Identifier: MIT */
/*
 * Races with tasks that are bound to CPUs, workers and their work, and what a mm says of faults: on
 * both backends. Natively what would wait for ever hangs.
 */
#include "support/race_play.h"

#define HEAD "hmmsim 1\nrace r\n"
#define FLAGS HEAD "flag L\nflag K\n"
#define FILE_SPACE HEAD "pgmap A 8 10\nfile F A 8 2\nmm M\nmmap M 0x0 0x2000 rws of=F\nflag L\n"

/* ---- work -------------------------------------------------------------------------------- */

#define LOCKED_BY_WORK(flush)                                                            \
	FILE_SPACE "worker W\n  page-lock 8\n  page-unlock 8\ntask T\n  queue W\n" flush \
		   "  retry\n    page-trylock 8\n    page-unlock 8\n  until\n"           \
		   "check\n  assert-turns T 0\n"

static void a_flush_returns_when_the_work_has_run(void **state)
{
	(void)state;
	holds(LOCKED_BY_WORK("  flush W\n"));
	ends(LOCKED_BY_WORK(""), HS_VERDICT_ASSERT, " times, expected at most 0");
	ends(FLAGS "worker W\n  await L\ntask T\n  queue W\n  flush W\n  set L\n",
	     HS_VERDICT_DEADLOCK, "nothing can move: W in spin at r.txt:6; T in spin at r.txt:9");
}

static void a_flush_of_work_that_is_not_queued_returns_at_once(void **state)
{
	(void)state;
	holds(FLAGS "worker W\n  set L\ntask T\n  flush W\n  queue W\n");
}

/* The work waits in its first run for what is set after it was queued again. */
static void work_that_is_queued_while_it_runs_runs_once_more(void **state)
{
	(void)state;
	holds(FLAGS "worker W\n  set L\n  await K\ntask T\n  queue W\n  await L\n  queue W\n"
		    "  set K\n  flush W\n");
	holds(FILE_SPACE "worker W\n  page-get 8\n  set L\n  page-put 8\ntask T\n  queue W\n"
			 "  queue W\n  flush W\n  queue W\n");
}

/* The first run finds the page locked and goes no further. */
static void each_run_of_work_begins_anew(void **state)
{
	(void)state;
	holds(FILE_SPACE "worker W\n  page-trylock 8\n  set L\n  page-unlock 8\n"
			 "task T\n  page-lock 8\n  queue W\n  flush W\n  page-unlock 8\n"
			 "  queue W\n  await L\n");
}

static void a_worker_queues_another_one(void **state)
{
	(void)state;
	holds(FLAGS "worker V\n  set L\nworker W\n  queue V\n  flush V\ntask T\n  queue W\n"
		    "  flush W\n  await L\n");
}

static void a_worker_that_is_never_queued_ends(void **state)
{
	(void)state;
	holds(FLAGS "worker W\n  set L\ntask T\n  set K\n");
}

/* ---- CPUs -------------------------------------------------------------------------------- */

#define SPINNER                                                                       \
	"task spinner cpu=0\n  retry\n    page-trylock 8\n  until\n  page-unlock 8\n" \
	"worker W cpu=0\n  set L\n"

static void a_task_that_tries_again_keeps_a_worker_from_its_cpu(void **state)
{
	(void)state;
	ends(FILE_SPACE SPINNER "task holder\n  page-lock 8\n  queue W\n  flush W\n"
				"  page-unlock 8\n",
	     HS_VERDICT_LIVELOCK,
	     "spinner tries again for ever (another turn) on the processor that W waits for; "
	     "nothing else can move: spinner in retry at r.txt:9");
	/* Nothing waits for the worker, or the spinner is on another CPU. */
	holds(FILE_SPACE SPINNER "task holder\n  page-lock 8\n  queue W\n  page-unlock 8\n"
				 "  flush W\n");
	holds(FILE_SPACE "worker W cpu=1\n  set L\ntask spinner cpu=0\n  retry\n"
			 "    page-trylock 8\n  until\n  page-unlock 8\ntask holder\n"
			 "  page-lock 8\n  queue W\n  flush W\n  page-unlock 8\n");
}

static void a_task_that_sleeps_leaves_its_cpu(void **state)
{
	static const char *const sleeps[] = {
		"task sleeper cpu=0\n  page-lock 8\n  page-unlock 8\n",
		"task sleeper cpu=0\n  await L\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sleeps); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s%s", FILE_SPACE, sleeps[i],
			 "worker W cpu=0\n  set L\ntask holder\n  page-lock 8\n  queue W\n"
			 "  flush W\n  page-unlock 8\n");
		holds(text);
	}
	holds(FLAGS "worker W cpu=0\n  set L\ntask T cpu=0\n  queue W\n  flush W\n");
	holds("hmmsim 1\nrace r\nmm M\ngate G\nmmap M 0 0x1000 rw gate=G\n"
	      "task monitor cpu=0\n  await-gate G\n  open G\ntask faulter cpu=0\n  access M 0\n");
}

/*
 * The opener says that a fault stands there already, so that the monitor need not sleep: what is
 * woken on its CPU comes behind it.
 */
static void a_task_for_which_a_fault_stands_at_the_gate_keeps_its_cpu(void **state)
{
	(void)state;
	holds(FLAGS "gate G\nmm M\nmmap M 0x0 0x1000 rw\nmmap M 0x1000 0x2000 rw gate=G\n"
		    "setup\n  store M 0x0 0\n"
		    "task faulter\n  access M 0x1000\ntask opener\n  await-gate G\n  set L\n"
		    "task monitor cpu=0\n  await L\n  set K\n  await-gate G\n  store M 0x0 2\n"
		    "  open G\ntask behind cpu=0\n  await K\n  assert-value M 0x0 2\n");
}

/* What a task of the CPU locks and unlocks without a sleep, the other one never finds locked. */
#define TRIES(cpu)                                                                             \
	FILE_SPACE "task T " cpu "\n  retry\n    page-trylock 8\n    page-unlock 8\n  until\n" \
		   "task U " cpu "\n  page-lock 8\n  page-unlock 8\ncheck\n  assert-turns T 0\n"

static void tasks_of_one_cpu_are_not_interleaved(void **state)
{
	(void)state;
	holds(TRIES("cpu=1"));
	ends(TRIES(""), HS_VERDICT_ASSERT, " times, expected at most 0");
}

static void a_turn_of_the_order_does_not_leave_the_cpu(void **state)
{
	(void)state;
	holds(FLAGS "task T cpu=0\n  set L as=a\n  set K as=c\ntask U\n  rcu-sync as=b\n"
		    "order a b c\n");
	ends(FLAGS "task T cpu=0\n  set L as=a\n  set K as=c\ntask U cpu=0\n  rcu-sync as=b\n"
		   "order a b c\n",
	     HS_VERDICT_DEADLOCK, "nothing can move: T in spin at r.txt:7; U in spin at r.txt:9");
}

/* ---- faults ------------------------------------------------------------------------------ */

#define PRIVATE_OF(mm)                                                                        \
	HEAD "pgmap P 8 10 type=private owner=1\nmm M " mm "\nmmap M 0x0 0x1000 rw\nflag L\n" \
	     "setup\n  alloc P\n  entry M 0x0 dpw 8\ntask T\n  access M 0x0\n  set L\n"       \
	     "task H\n  page-lock 8\n  await L\n  page-unlock 8\ncheck\n  page-put 8\n"

/* A fault that takes the lock waits for the task that holds it, and that waits for the fault. */
static void the_kind_of_fault_is_that_of_the_mm(void **state)
{
	(void)state;
	holds(PRIVATE_OF("private-fault=reference"));
	ends(PRIVATE_OF("private-fault=trylock"), HS_VERDICT_DEADLOCK, "T in retry");
	ends(PRIVATE_OF("private-fault=wait"), HS_VERDICT_DEADLOCK, "T in wait");
}

/* With a reference the fault waits for the page lock, which the migration has not taken. */
static void the_wait_for_a_migration_is_that_of_the_mm(void **state)
{
	(void)state;
	ends(HEAD "mm M\nmmap M 0x0 0x1000 rw\nsetup\n  access M 0x0 w\ntask T\n  migrate M 0x0\n"
		  "  access M 0x0\n  migrate-end M\n",
	     HS_VERDICT_DEADLOCK, "T in wait");
	ends(HEAD "mm M migration-wait=reference\nmmap M 0x0 0x1000 rw\nsetup\n  access M 0x0 w\n"
		  "task T\n  migrate M 0x0\n  access M 0x0\n  migrate-end M\n",
	     HS_VERDICT_LIVELOCK, "T tries again for ever");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_returns_when_the_work_has_run),
		cmocka_unit_test(a_flush_of_work_that_is_not_queued_returns_at_once),
		cmocka_unit_test(work_that_is_queued_while_it_runs_runs_once_more),
		cmocka_unit_test(each_run_of_work_begins_anew),
		cmocka_unit_test(a_worker_queues_another_one),
		cmocka_unit_test(a_worker_that_is_never_queued_ends),
		cmocka_unit_test(a_task_that_tries_again_keeps_a_worker_from_its_cpu),
		cmocka_unit_test(a_task_that_sleeps_leaves_its_cpu),
		cmocka_unit_test(a_task_for_which_a_fault_stands_at_the_gate_keeps_its_cpu),
		cmocka_unit_test(tasks_of_one_cpu_are_not_interleaved),
		cmocka_unit_test(a_turn_of_the_order_does_not_leave_the_cpu),
		cmocka_unit_test(the_kind_of_fault_is_that_of_the_mm),
		cmocka_unit_test(the_wait_for_a_migration_is_that_of_the_mm),
	};

	return cmocka_run_group_tests_name("race cpus", tests, NULL, NULL);
}
