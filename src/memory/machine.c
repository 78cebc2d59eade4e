/* SPDX-License-Identifier: MIT */
/*
 * machine.c - creation and destruction of a machine, and the tasks on it
 *
 * invented, see <hmmsim/machine.h>.
 */
#include <errno.h>

#include "memory/anon.h"
#include "memory/hotplug.h"
#include "memory/swap.h"

#define HS_MACHINE_TASKS 32

void hs_machine_config_init(struct hs_machine_config *config)
{
	*config = (struct hs_machine_config){
		.kind = HS_ARENA_HEAP,
		.reuse = HS_REUSE_LIFO,
		.size = HS_ARENA_BYTES,
		.base = HS_ARENA_BASE,
		.max_tasks = HS_MACHINE_TASKS,
		.seed = 1,
		.section_order = HS_SECTION_ORDER,
		.subsection_order = HS_SUBSECTION_ORDER,
	};
}

/* Like a page that the kernel reserves at boot: one reference, which is never put. */
static void machine_init_zero_page(struct hs_boot *boot)
{
	hs_u32_init(&boot->zero.refcount, 1);
	hs_u32_init(&boot->zero.state, HS_PAGE_LIVE);
	boot->zero.pfn = HS_ZERO_PFN;
	boot->machine.zero_page = &boot->zero;
}

int hs_machine_create(const struct hs_machine_config *config, struct hs_machine **out)
{
	struct hs_machine *machine;
	struct hs_arena *arena;
	struct hs_boot *boot;
	int ret;

	/* Each subsection of a section is one bit of a 64-bit word. */
	if (config->section_order > 30 || config->subsection_order > config->section_order ||
	    config->section_order - config->subsection_order > 6)
		return -EINVAL;
	ret = hs_arena_create(config, &arena);
	if (ret)
		return ret;
	boot = hs_alloc(hs_arena_boot(arena), HS_KIND_MACHINE, sizeof(*boot));
	if (!boot) {
		hs_arena_destroy(arena, NULL);
		return -ENOMEM;
	}
	machine = &boot->machine;
	machine_init_zero_page(boot);
	machine->arena = arena;
	machine->section_order = config->section_order;
	machine->subsection_order = config->subsection_order;
	hs_spin_init(&machine->memory_lock, HS_LOCK_MEMORY);
	hs_spin_init(&machine->swap_lock, HS_LOCK_SWAP);
	hs_spin_init(&machine->anon_lock, HS_LOCK_ANONS);
	machine->reuse_pages = config->reuse == HS_REUSE_LIFO;
	hs_waitq_init(&machine->page_queue);
	hs_u64_init(&machine->page_unlocks, 0);
	hs_waitq_init(&machine->pagemap_queue);
	hs_spin_init(&machine->pagemap_lock, HS_LOCK_PAGEMAP_INDEX);
	hs_arena_set_root(arena, machine);
	*out = machine;
	return 0;
}

void hs_machine_end_memory(struct hs_machine *machine, struct hs_leaks *left)
{
	struct hs_task *boot = hs_arena_boot(machine->arena);

	hs_memory_name_leaks(boot, machine, left);
	if (machine->name_pgmap_leaks)
		machine->name_pgmap_leaks(boot, machine, left);
	hs_swap_destroy(boot, machine, left);
	hs_anon_destroy(boot, machine);
	hs_radix_destroy(boot, &machine->pagemaps);
	hs_memory_destroy(boot, machine);
}

int hs_machine_destroy(struct hs_machine *machine, struct hs_leaks *left)
{
	struct hs_arena *arena = machine->arena;
	struct hs_leaks mine, objects;
	struct hs_machine_info info;
	struct hs_task *boot;
	int ret;

	hs_arena_check_destroyer(arena);
	hs_arena_info(arena, &info);
	if (info.tasks)
		return -EBUSY;
	boot = hs_arena_boot(arena);
	hs_rcu_flush(boot);
	hs_machine_end_memory(machine, &mine);
	hs_free(boot, machine, HS_KIND_MACHINE, sizeof(struct hs_boot));
	ret = hs_arena_destroy(arena, &objects);
	if (ret == -EBUSY)
		return ret;
	hs_leaks_join(&mine, &objects);
	if (left)
		*left = mine;
	return mine.objects ? -ENOTEMPTY : ret;
}

void hs_machine_info(struct hs_machine *machine, struct hs_machine_info *info)
{
	hs_arena_info(machine->arena, info);
	info->objects--; /* the machine itself */
	info->bytes -= sizeof(struct hs_boot);
}

int hs_task_attach(struct hs_machine *machine, const char *name, struct hs_task **out)
{
	return hs_arena_attach(machine->arena, name, out);
}

int hs_task_detach(struct hs_task *self)
{
	return hs_arena_detach(self);
}

struct hs_machine *hs_task_machine(struct hs_task *self)
{
	return hs_machine_of(self);
}
