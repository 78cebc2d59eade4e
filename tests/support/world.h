/* SPDX-License-Identifier: MIT */
/*
 * world.h - a machine and a task for tests, and proof that nothing is left of them
 *
 * Include it after cmocka.h.
 */
#ifndef HS_TESTS_WORLD_H
#define HS_TESTS_WORLD_H

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
