/* SPDX-License-Identifier: MIT */
#include "support/refusal.h"

#ifdef HS_BACKEND_NATIVE
#include <signal.h>

#include "support/death.h"
#include "support/machine.h"

struct run {
	const struct hs_scenario *scenario;
	const void *param;
};

static void run(void *arg)
{
	const struct run *r = arg;
	struct hs_machine_config config;
	int ret;

	machine_small_config(&config);
	ret = hs_scenario_run(r->scenario, r->param, &config, NULL);
	if (ret)
		fprintf(stderr, "hs_scenario_run() returned %d\n", ret);
}

void expect_refusal(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		    const char *text)
{
	struct run r = { scenario, param };
	static struct death death;

	(void)verdict;
	death_of(run, &r, &death);
	/* ASan exits where an assertion aborts. */
	if ((!death.signal && !death.status) || !strstr(death.text, text))
		fail_msg("%s: expected an end with \"%s\", found signal %d, status %d: %s",
			 scenario->name, text, death.signal, death.status, death.text);
}

void expect_no_refusal(const struct hs_scenario *scenario, const void *param)
{
	struct run r = { scenario, param };
	static struct death death;

	death_of(run, &r, &death);
	if (death.signal || death.text[0])
		fail_msg("%s: signal %d: %s", scenario->name, death.signal, death.text);
}
#else
#include "support/exploration.h"

void expect_refusal(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		    const char *text)
{
	struct hs_explore_result r;

	explore(scenario, param, HS_SEARCH_DPOR, 0, NULL, &r);
	if (r.verdict != verdict || (verdict == HS_VERDICT_ASSERT && !strstr(r.message, text)))
		fail_msg("%s: expected %s with \"%s\", found %s: %s", scenario->name,
			 hs_verdict_name(verdict), text, hs_verdict_name(r.verdict), r.message);
	hs_explore_result_free(&r);
}

void expect_no_refusal(const struct hs_scenario *scenario, const void *param)
{
	struct hs_explore_result r;

	explore(scenario, param, HS_SEARCH_DPOR, 0, NULL, &r);
	if (r.verdict)
		fail_msg("%s: %s: %s", scenario->name, hs_verdict_name(r.verdict), r.message);
	hs_explore_result_free(&r);
}
#endif
