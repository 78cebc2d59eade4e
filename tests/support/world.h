/* SPDX-License-Identifier: MIT */
/*
 * world.h - a machine and a task for tests, and proof that nothing is left of them
 *
 * Include it after cmocka.h.
 */
#ifndef HS_TESTS_WORLD_H
#define HS_TESTS_WORLD_H

#include <errno.h>

#include <hmmsim/machine.h>

#include "port/port.h"

struct world {
	struct hs_machine *machine;
	struct hs_task *self;
};

static inline void world_open_config(struct world *w, const struct hs_machine_config *config)
{
	assert_int_equal(hs_machine_create(config, &w->machine), 0);
	assert_int_equal(hs_task_attach(w->machine, "test", &w->self), 0);
}

/* The allocation with index @fail fails; the first two are the machine's own. */
static inline void world_open_failing(struct world *w, uint64_t fail)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.fail_at = fail;
	world_open_config(w, &config);
}

static inline void world_close(struct world *w)
{
	struct hs_leaks left;
	int ret;

	assert_int_equal(hs_task_detach(w->self), 0);
	ret = hs_machine_destroy(w->machine, &left);
	assert_string_equal(left.text, "");
	assert_int_equal(ret, 0);
}

/*
 * Runs @fn with memory that fails at its first allocation, its second and so on, each time in a world
 * that it must leave empty, until it gets all it asks for. Returns how many failed.
 */
static inline uint64_t world_run_out(int (*fn)(struct hs_task *self))
{
	uint64_t fail = 3;
	int ret;

	do {
		struct world w;

		world_open_failing(&w, fail++);
		ret = fn(w.self);
		assert_true(!ret || ret == -ENOMEM);
		world_close(&w);
	} while (ret);
	return fail - 4;
}

static inline int world_setup(void **state)
{
	struct world *w = test_malloc(sizeof(*w));

	world_open_failing(w, 0);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	world_close(*state);
	test_free(*state);
	return 0;
}

static inline struct hs_task *world_task(void **state)
{
	return ((struct world *)*state)->self;
}

#define world_unit_test(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
