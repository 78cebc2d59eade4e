/* SPDX-License-Identifier: MIT */
#include "support/machine.h"

#include <hmmsim/fault.h>

void machine_open(struct machine *m, const struct hs_machine_config *config)
{
	assert_int_equal(hs_machine_create(config, &m->machine), 0);
	assert_int_equal(hs_task_attach(m->machine, "test", &m->self), 0);
}

void machine_open_failing(struct machine *m, uint64_t fail)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.fail_at = fail;
	machine_open(m, &config);
}

void machine_close(struct machine *m)
{
	struct hs_leaks left;
	int ret;

	assert_int_equal(hs_task_detach(m->self), 0);
	ret = hs_machine_destroy(m->machine, &left);
	assert_string_equal(left.text, "");
	assert_int_equal(ret, 0);
}

void machine_small_config(struct hs_machine_config *config)
{
	hs_machine_config_init(config);
	config->section_order = 3;
	config->subsection_order = 1;
}

uint64_t machine_run_out(int (*fn)(struct hs_task *self))
{
	uint64_t fail = 3;
	int ret;

	do {
		struct machine m;

		machine_open_failing(&m, fail++);
		ret = fn(m.self);
		assert_true(!ret || ret == -ENOMEM);
		machine_close(&m);
	} while (ret);
	return fail - 4;
}

int machine_setup(void **state)
{
	*state = test_malloc(sizeof(struct machine));
	machine_open_failing(*state, 0);
	return 0;
}

int machine_teardown(void **state)
{
	machine_close(*state);
	test_free(*state);
	return 0;
}

struct hs_task *machine_task(void **state)
{
	return ((struct machine *)*state)->self;
}

/* ---- device memory ----------------------------------------------------------------------- */

void note_freed(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct freed *freed = hs_pgmap_driver_data(pgmap);

	if (!freed)
		return;
	freed->calls++;
	freed->count = hs_page_count(self, page);
	freed->page = page;
}

const struct hs_pgmap_ops device_memory_ops = { note_freed, hs_migrate_to_ram };

void device_memory_config(struct hs_pgmap_config *config, enum hs_pgmap_type type,
			  enum hs_page_refs refs, uint64_t pfn, uint64_t pages)
{
	hs_pgmap_config_init(config, type, pfn, pfn + pages);
	config->page_refs = refs;
	config->owner = config->ops = &device_memory_ops;
}
