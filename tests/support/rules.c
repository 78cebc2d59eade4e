/* SPDX-License-Identifier: MIT */
#include "support/rules.h"

#include <signal.h>
#include <string.h>

#include "support/death.h"

#define RULES 64 /* at most, in a group */

static void assert_says(const char *text, const struct rule *rule)
{
	for (unsigned int i = 0; i < 3; i++)
		if (!strstr(text, rule->says[i]))
			fail_msg("%s: no \"%s\" in: %s", rule->name, rule->says[i], text);
}

#ifdef HS_BACKEND_NATIVE
static void run_natively(void *arg)
{
	hs_scenario_run(&play_scenario, arg, NULL, NULL);
}
#endif

static void a_broken_rule_is_named(void **state)
{
	const struct rule *rule = *state;
	struct play play = { .setup = rule->setup, .task = { rule->task } };

	if (rule->debug_only && !HS_DEBUG)
		skip();
#ifdef HS_BACKEND_NATIVE
	struct death death;

	death_of(run_natively, &play, &death);
	if (death.signal != SIGABRT)
		fail_msg("%s: signal %d, status %d: %s", rule->name, death.signal, death.status,
			 death.text);
	assert_says(death.text, rule);
#else
	struct hs_explore_result r;

	play_expect(&play, HS_VERDICT_ASSERT, 1, &r);
	assert_says(r.message, rule);
	hs_explore_result_free(&r);
#endif
}

int rules_run(const char *group, const struct rule *rules, size_t count)
{
	struct CMUnitTest tests[RULES] = { 0 };

	if (count > RULES)
		abort();
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = rules[i].name,
						.test_func = a_broken_rule_is_named,
						.initial_state = (void *)(uintptr_t)&rules[i] };
	return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}
