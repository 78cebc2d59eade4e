/* SPDX-License-Identifier: MIT */
/*
 * race_device.c - what an object device does with its pages: operations of <hmmsim/device.h>
 *
 * invented.
 */
#include <errno.h>

#include "run/race_state.h"

static struct hs_device *race_device_of(struct hs_race_actor *a, const struct hs_race_step *step)
{
	return a->state->thing[step->arg[0]].hardware;
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

	return race_device_result(a, hs_device_read(self, race_device_of(a, step), step->arg[1],
						    &value));
}

HS_RACE_DO(DEVICE_WRITE)
{
	return race_device_result(a, hs_device_write(self, race_device_of(a, step), step->arg[1],
						     step->arg[2]));
}

HS_RACE_DO(DEVICE_SNAPSHOT)
{
	uint64_t addr = step->arg[1];
	uint32_t prot;

	return race_device_result(a, hs_device_snapshot(self, race_device_of(a, step), addr,
							addr + HS_PAGE_BYTES, &prot));
}

HS_RACE_DO(ASSERT_READ)
{
	uint64_t value = 0;
	int ret = hs_device_read(self, race_device_of(a, step), step->arg[1], &value);

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
	int ret = hs_device_snapshot(self, race_device_of(a, step), addr, addr + HS_PAGE_BYTES,
				     &prot);

	if (ret)
		return hs_race_of(a)->judged & HS_RACE_ANSWER ? ret : 0;
	prot &= ~(uint32_t)HS_DEVICE_PROT_HUGE;
	hs_race_answer(self, a, prot == expected, "a snapshot of %s at %#llx says %s, expected %s",
		       hs_race_name(a->state, step->arg[0]), (unsigned long long)addr,
		       race_device_prot_name(prot), race_device_prot_name(expected));
	return 0;
}
