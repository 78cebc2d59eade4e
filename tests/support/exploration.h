/* SPDX-License-Identifier: MIT */
/*
 * exploration.h - scenarios explored, and the verdict and the number in which that must end
 *
 * A search is deterministic, so each test says how far it gets: a search that leaves out too much,
 * or too little, completes another number. What differs is printed with the place of the test and
 * the number found.
 *
 * With HMMSIM_TEST_MEMORY=views in the environment memory is weak. Then the numbers differ, and are
 * not looked at: nothing may be violated that is not without views, in the first executions of each
 * search and some random ones. What must be found need not be among the first.
 */
#ifndef HS_TESTS_EXPLORATION_H
#define HS_TESTS_EXPLORATION_H

#include <hmmsim/explore.h>

#include "support/scale.h"
#include "support/test.h"

/* A line of a test, for what is found out below it. */
struct test_place {
	const char *file;
	int line;
};

#define TEST_PLACE ((struct test_place){ __FILE__, __LINE__ })

bool test_is_weak(void);
void expect_count_at(struct test_place at, const char *scenario, const char *what, uint64_t found,
		     uint64_t expected);
/* A number of the code that the test is linked with: only where test_counts_are_exact(). */
void expect_exact_at(struct test_place at, const char *scenario, const char *what, uint64_t found,
		     uint64_t expected);

/* At most @most executions, 0: all; with a schedule, its replay. */
void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r);

/*
 * explore_none(scenario, param, most, complete, r): with DPOR. All executions are seen, or
 * @most of them, and none violates anything; @complete of them come to their end. Slow builds give
 * a smaller @most than others: where it cuts the search, @complete is not looked at. A search that
 * came to its end is judged: explore_judge().
 */
#define explore_none(...) explore_none_at(TEST_PLACE, __VA_ARGS__)
void explore_none_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		     uint64_t most, uint64_t complete, struct hs_explore_result *r);

/*
 * explore_found(scenario, param, verdict, text, first, r): execution number @first finds @verdict,
 * whose message contains @text, and its schedule leads there again.
 */
#define explore_found(...) explore_found_at(TEST_PLACE, __VA_ARGS__)
void explore_found_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first,
		      struct hs_explore_result *r);

/*
 * DPOR ends with @complete executions of @classes classes and finds nothing; sleep sets and DFS see
 * the same classes, where they come to their end within @most executions (0: no bound). False:
 * neither did, so that nothing was compared.
 */
bool explore_same_classes_at(struct test_place at, const struct hs_scenario *scenario,
			     const void *param, uint64_t most, uint64_t complete, uint64_t classes);

/*
 * explore_judge(scenario, param): DPOR under the fixed dependence sees the classes of sleep sets
 * and of DFS, and with what commutes by its values the same final states; each as far as the judge
 * comes to its end soon. With HMMSIM_EXPLORE_FULL in the environment it takes its time. Slow builds
 * judge nothing.
 */
#define explore_judge(...) explore_judge_at(TEST_PLACE, __VA_ARGS__)
void explore_judge_at(struct test_place at, const struct hs_scenario *scenario, const void *param);

/*
 * explore_judge_ends(scenario, param, most): for searches that are too long for sleep sets, with
 * HMMSIM_EXPLORE_FULL in the environment. The final states alone, to all of which at most @most
 * executions lead without what commutes.
 */
#define explore_judge_ends(...) explore_judge_ends_at(TEST_PLACE, __VA_ARGS__)
void explore_judge_ends_at(struct test_place at, const struct hs_scenario *scenario,
			   const void *param, uint64_t most);

/*
 * explore_holds(scenario, param, complete): explore_none() without a result. Slow builds look at
 * 500 executions.
 */
#define explore_holds(...) explore_holds_at(TEST_PLACE, __VA_ARGS__)
void explore_holds_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      uint64_t complete);

/* explore_fails(scenario, param, verdict, text, first): explore_found() without a result. */
#define explore_fails(...) explore_fails_at(TEST_PLACE, __VA_ARGS__)
void explore_fails_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first);

#endif
