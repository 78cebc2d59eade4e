/* SPDX-License-Identifier: MIT */
/*
 * More than a million random operations on address spaces, migrations among them: after each of
 * them every entry, VMA, count, reference, lock and content is what a model made of sets says.
 *
 * Operations run in a child process, because they may fail an assertion. The operations of an
 * episode that shows a difference are made fewer in further children, as long as it shows one, and
 * printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance/mm_ops.h"
#include "support/scale.h"

#define OPERATIONS 1400000u
#define EPISODE 1000u
#define ENOUGH 1000u   /* of each operation on each kind of VMA, in all of them */
#define ENOUGH_MET 20u /* of what a migration can meet */
#define ALL_EVERY 100u
/* An operation that waits never ends, because there is no other task: the child is stopped. */
#define EPISODE_SECONDS 600u
#define TRY_SECONDS 2u
#define SHRINK_SECONDS 60

/* What parent and child share. */
struct board {
	enum hs_geometry_id geometry;
	uint64_t seed; /* of the episode */
	uint32_t count;
	bool failed;
	char message[400];
	struct mm_op ops[EPISODE];
	struct mm_counts counts;
};

static struct board *board;
static time_t shrink_until;
static uint64_t operations;

/* Of a longer run: so many operations, with other seeds. */
static uint32_t wanted_operations(void)
{
	const char *text = getenv("HMMSIM_MM_OPERATIONS");

	return text ? (uint32_t)strtoul(text, NULL, 10) : OPERATIONS;
}

/* ---- in the child -------------------------------------------------------------------------- */

static bool one(struct mm_world *w, uint32_t i, uint64_t *seed)
{
	if (seed) {
		mm_op_draw(w, seed, &board->ops[i]);
		board->count = i + 1;
	}
	return mm_op_run(w, &board->ops[i], &board->counts,
			 i % ALL_EVERY == ALL_EVERY - 1 || i + 1 == board->count);
}

/* Draws and runs @count operations; without a seed runs those of the board. */
static bool episode(struct mm_world *w, uint32_t count, uint64_t *seed)
{
	const struct mm_world_config config = {
		.geometry = board->geometry,
		.refs = (enum hs_page_refs)(board->seed % HS_PAGE_REFS_COUNT),
		.private_fault = (enum hs_private_fault)(board->seed / HS_PAGE_REFS_COUNT % 3),
		.reached = &board->counts.reached,
	};
	bool good = mm_world_open(w, &config);

	for (uint32_t i = 0; good && i < count; i++)
		good = one(w, i, seed);
	good = good && mm_world_close(w);
	if (!good) {
		memcpy(board->message, w->message, sizeof(board->message));
		board->failed = true;
	}
	return good;
}

static void episodes(uint64_t first, uint64_t count)
{
	static struct mm_world w;

	for (uint64_t i = first; i < first + count; i++) {
		uint64_t seed = i;

		alarm(EPISODE_SECONDS);
		board->seed = i;
		board->count = 0;
		if (!episode(&w, EPISODE, &seed))
			return;
	}
}

static void again(void)
{
	static struct mm_world w;

	alarm(TRY_SECONDS);
	if (!freopen("/dev/null", "w", stderr))
		return;
	episode(&w, board->count, NULL);
}

/* ---- in the parent ------------------------------------------------------------------------- */

static void say_death(int status)
{
	if (WIFSIGNALED(status))
		snprintf(board->message, sizeof(board->message), "died of signal %d",
			 WTERMSIG(status));
	else
		snprintf(board->message, sizeof(board->message), "ended with status %d",
			 WEXITSTATUS(status));
}

/* True: the child found no difference. */
static bool in_child(void (*fn)(uint64_t first, uint64_t count), uint64_t first, uint64_t count)
{
	int status = 0;
	pid_t pid;

	board->failed = false;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (fn)
			fn(first, count);
		else
			again();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		say_death(status);
	return !status && !board->failed;
}

/* Drops operations [first, first + count) if the episode still fails without them. */
static bool drop(struct mm_op *best, uint32_t *n, uint32_t first, uint32_t count)
{
	if (time(NULL) > shrink_until)
		return false;
	memcpy(board->ops, best, first * sizeof(*best));
	memcpy(board->ops + first, best + first + count, (*n - first - count) * sizeof(*best));
	board->count = *n - count;
	if (in_child(NULL, 0, 0))
		return false;
	*n -= count;
	memcpy(best, board->ops, *n * sizeof(*best));
	return true;
}

static void shrink(void)
{
	static struct mm_op best[EPISODE];
	uint32_t n = board->count;
	bool dropped;

	shrink_until = time(NULL) + SHRINK_SECONDS;
	memcpy(best, board->ops, n * sizeof(*best));
	for (uint32_t part = (n + 1) / 2; part; part /= 2)
		do {
			dropped = false;
			for (uint32_t end = n; end >= part; end -= part) {
				dropped |= drop(best, &n, end - part, part);
				end = end > n + part ? n + part : end;
			}
		} while (dropped && part == 1);
	memcpy(board->ops, best, n * sizeof(*best));
	board->count = n;
	in_child(NULL, 0, 0);
}

static void explain(void)
{
	uint64_t seed = board->seed;

	fprintf(stderr, "seed %llu, %u operations: %s\n", (unsigned long long)seed, board->count,
		board->message);
	shrink();
	fprintf(stderr, "%s, %u operations remain:\n", hs_geometry(board->geometry)->name,
		board->count);
	for (uint32_t i = 0; i < board->count; i++)
		mm_op_print(stderr, &board->ops[i]);
	fail_msg("seed %llu: %s", (unsigned long long)seed, board->message);
}

static void run(enum hs_geometry_id geometry, uint64_t seed, uint32_t part)
{
	uint64_t count = test_scaled(wanted_operations() / 100 * part) / EPISODE;

	count += !count;
	seed += wanted_operations() == OPERATIONS ? 0 : 500000;
	board->geometry = geometry;
	if (!in_child(episodes, seed, count))
		explain();
	operations += count * EPISODE;
}

static void machine_and_model_agree_on_x86_64(void **state)
{
	(void)state;
	run(HS_GEOMETRY_X86_64, 1000000, 60);
}

static void machine_and_model_agree_with_leaves(void **state)
{
	(void)state;
	run(HS_GEOMETRY_MOCK, 2000000, 40);
}

/* ---- what was done ------------------------------------------------------------------------- */

static void print_row(enum mm_op_code code)
{
	printf("%-22s", mm_rows[code].words);
	for (int kind = 0; kind < MM_KIND_COUNT; kind++) {
		char cell[48] = "-";

		if (mm_rows[code].kinds & 1u << kind)
			snprintf(cell, sizeof(cell), "%llu/%llu",
				 (unsigned long long)board->counts.done[code][kind],
				 (unsigned long long)board->counts.calls[code][kind]);
		printf(" %11s", cell);
	}
	printf("\n");
}

static void every_operation_met_every_kind(void **state)
{
	uint64_t wanted = ENOUGH * operations / OPERATIONS;

	(void)state;
	if (operations < OPERATIONS) /* a short run need not meet every kind */
		wanted /= 4;
	printf("%-22s", "succeeded/called");
	for (int kind = 0; kind < MM_KIND_COUNT; kind++)
		printf(" %11s", mm_kind_names[kind]);
	printf("\n");
	for (int code = 0; code < MM_OP_CODES; code++)
		print_row((enum mm_op_code)code);
	for (int code = 0; code < MM_OP_CODES; code++)
		for (int kind = 0; kind < MM_KIND_COUNT; kind++) {
			uint64_t calls = board->counts.calls[code][kind];

			if (!(mm_rows[code].kinds & 1u << kind))
				assert_int_equal(calls, 0);
			else if (calls < wanted)
				fail_msg("%s on %s: %llu", mm_rows[code].words, mm_kind_names[kind],
					 (unsigned long long)calls);
		}
}

static void print_reached(enum model_table table)
{
	printf("%-22s", mm_reached_names[table]);
	for (uint32_t c = 0; mm_reached_column(table, c); c++)
		printf(" %11s", mm_reached_column(table, c));
	printf("\n");
	for (uint32_t row = 0; row < REACHED_ROWS && mm_reached_row(table, row); row++) {
		printf("  %-20s", mm_reached_row(table, row));
		for (uint32_t c = 0; mm_reached_column(table, c); c++)
			printf(" %11llu",
			       (unsigned long long)board->counts.reached.count[table][row][c]);
		printf("\n");
	}
}

static void met_enough(uint64_t count, const char *table, const char *row, const char *column)
{
	uint64_t wanted = ENOUGH_MET * operations / OPERATIONS;

	if (operations < OPERATIONS)
		wanted /= 4;
	if (count < wanted)
		fail_msg("%s: %s, %s: %llu", table, row, column, (unsigned long long)count);
}

static void met_if_possible(enum model_table table, uint32_t row, uint32_t column)
{
	uint64_t count = board->counts.reached.count[table][row][column];

	if (mm_reached_possible(table, row, column))
		met_enough(count, mm_reached_names[table], mm_reached_row(table, row),
			   mm_reached_column(table, column));
	else
		assert_int_equal(count, 0);
}

static void every_migration_met_everything(void **state)
{
	(void)state;
	for (int table = 0; table < REACHED_TABLES; table++)
		print_reached((enum model_table)table);
	for (enum model_table table = 0; table < REACHED_TABLES; table++)
		for (uint32_t row = 0; row < REACHED_ROWS; row++)
			for (uint32_t c = 0; c < REACHED_COLUMNS; c++)
				met_if_possible(table, row, c);
}

/*
 * What takes the mmap lock for write waits for the step "pages" of a range. The pages of a device
 * are mapped, so that mmap() fails, and the migration has locked them, so that no other task has.
 */
static bool comes_between(enum mm_op_code code, int column)
{
	if (column >= 2)
		return code != MM_OP_MMAP && code != MM_OP_RELEASE && code != MM_OP_UNLOCK;
	return column || code > MM_OP_SET_GATE;
}

static void every_operation_came_between_the_steps(void **state)
{
	static const char *const columns[] = { "setup", "pages", "setup, dev", "pages, dev" };

	(void)state;
	printf("%-22s %11s %11s %11s %11s\n", "after", columns[0], columns[1], columns[2],
	       columns[3]);
	for (int code = 0; code < MM_OP_MOVE; code++) {
		const uint64_t *n = board->counts.between[code];

		printf("%-22s %11llu %11llu %11llu %11llu\n", mm_rows[code].words,
		       (unsigned long long)n[0], (unsigned long long)n[1], (unsigned long long)n[2],
		       (unsigned long long)n[3]);
	}
	for (enum mm_op_code code = 0; code < MM_OP_MOVE; code++)
		for (int c = 0; c < 4; c++)
			if (comes_between(code, c))
				met_enough(board->counts.between[code][c], mm_rows[code].words,
					   "after", columns[c]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_and_model_agree_on_x86_64),
		cmocka_unit_test(machine_and_model_agree_with_leaves),
		cmocka_unit_test(every_operation_met_every_kind),
		cmocka_unit_test(every_migration_met_everything),
		cmocka_unit_test(every_operation_came_between_the_steps),
	};

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (board == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("mm_random", tests, NULL, NULL);
}
