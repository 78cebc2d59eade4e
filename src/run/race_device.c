/* SPDX-License-Identifier: MIT */
/*
 * race_device.c - what an object device does with its pages: operations of <hmmsim/device.h>
 *
 * invented.
 */
#include <errno.h>

#include "run/race_state.h"

struct hs_device *hs_race_device(struct hs_task *self, struct hs_race_actor *a, uint64_t object)
{
	const struct hs_race_thing *thing = &a->state->thing[object];

	hs_race_assert(self, a, !thing->closed, "%s is closed", hs_race_name(a->state, object));
	return thing->hardware;
}

/* No device has the memory: nothing brings the page back. */
uint32_t hs_race_device_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	const struct hs_race_memory *memory = hs_pgmap_driver_data(hs_page_pgmap(self, vmf->page));

	return memory->device ? hs_device_to_ram(self, memory->device, vmf) : HS_VM_FAULT_SIGBUS;
}

/* Each of tries= turns met a change: again. */
static int race_device_result(struct hs_race_actor *a, int ret)
{
	a->result = ret;
	return ret == -EBUSY ? HS_RACE_AGAIN : ret;
}

HS_RACE_DO(DEVICE_READ)
{
	uint64_t value;

	return race_device_result(a, hs_device_read(self, hs_race_device(self, a, step->arg[0]),
						    step->arg[1], &value));
}

HS_RACE_DO(DEVICE_WRITE)
{
	return race_device_result(a, hs_device_write(self, hs_race_device(self, a, step->arg[0]),
						     step->arg[1], step->arg[2]));
}

HS_RACE_DO(DEVICE_EXCLUSIVE)
{
	struct hs_device *dev = hs_race_device(self, a, step->arg[0]);

	return race_device_result(a, hs_device_exclusive(self, dev, step->arg[1], step->arg[2]));
}

HS_RACE_DO(DEVICE_ADD)
{
	struct hs_device *dev = hs_race_device(self, a, step->arg[0]);

	return race_device_result(a, hs_device_add(self, dev, step->arg[1], step->arg[2]));
}

static int race_device_migrate(struct hs_task *self, struct hs_race_actor *a,
			       const struct hs_race_step *step, bool to_device)
{
	struct hs_device *dev = hs_race_device(self, a, step->arg[0]);

	return race_device_result(a, hs_device_migrate(self, dev, step->arg[1], step->arg[2],
						       to_device));
}

HS_RACE_DO(DEVICE_MIGRATE_TO)
{
	return race_device_migrate(self, a, step, true);
}

HS_RACE_DO(DEVICE_MIGRATE_BACK)
{
	return race_device_migrate(self, a, step, false);
}

HS_RACE_DO(DEVICE_EVICT)
{
	hs_device_evict(self, hs_race_device(self, a, step->arg[0]));
	return 0;
}

HS_RACE_DO(CLOSE)
{
	hs_device_destroy(self, hs_race_device(self, a, step->arg[0]));
	a->state->thing[step->arg[0]].closed = true;
	return 0;
}

HS_RACE_DO(DEVICE_SNAPSHOT)
{
	uint64_t addr = step->arg[1];
	uint32_t prot;

	return race_device_result(a, hs_device_snapshot(self, hs_race_device(self, a, step->arg[0]),
							addr, addr + HS_PAGE_BYTES, &prot));
}

HS_RACE_DO(ASSERT_READ)
{
	uint64_t value = 0;
	int ret = hs_device_read(self, hs_race_device(self, a, step->arg[0]), step->arg[1], &value);

	if (ret)
		return hs_race_of(a)->judged & HS_RACE_ANSWER ? ret : 0;
	hs_race_answer(self, a, value == step->arg[2],
		       "a load of %s from %#llx found %llu, expected %llu",
		       hs_race_name(a->state, step->arg[0]), (unsigned long long)step->arg[1],
		       (unsigned long long)value, (unsigned long long)step->arg[2]);
	return 0;
}

static const char *race_device_prot_name(uint32_t prot)
{
	for (int i = 0; i < HS_RACE_PROTS; i++)
		if (hs_race_prots[i] == (prot & ~(uint32_t)HS_DEVICE_PROT_HUGE))
			return hs_race_prot_names[i];
	return "?";
}

HS_RACE_DO(ASSERT_PROT)
{
	uint64_t addr = step->arg[1];
	uint32_t prot = 0, expected = hs_race_prots[step->arg[2]];
	int ret = hs_device_snapshot(self, hs_race_device(self, a, step->arg[0]), addr,
				     addr + HS_PAGE_BYTES, &prot);

	if (ret)
		return hs_race_of(a)->judged & HS_RACE_ANSWER ? ret : 0;
	prot &= ~(uint32_t)HS_DEVICE_PROT_HUGE;
	hs_race_answer(self, a, prot == expected, "a snapshot of %s at %#llx says %s, expected %s",
		       hs_race_name(a->state, step->arg[0]), (unsigned long long)addr,
		       race_device_prot_name(prot), race_device_prot_name(expected));
	return 0;
}
