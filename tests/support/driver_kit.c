/* SPDX-License-Identifier: MIT */
#include "support/driver_kit.h"

struct hs_device *device;
struct hs_device_config config;

void configure(int model)
{
	hs_device_config_init(&config, (enum hs_device_model)model, now->mm, at(0), at(PAGES));
	config.touch = false;
}

void open_device(void)
{
	assert_int_equal(hs_device_create(now->self, &config, &device), 0);
}

void close_device(void)
{
	hs_device_destroy(now->self, device);
	device = NULL;
	now->given = now->wanted = now->faults = 0;
	now->during = inv(0, 0);
	for (uint64_t i = 0; i < PAGES; i++)
		map(i, PRESENT | (PFN + i));
}

int populate(uint64_t first, uint64_t end, bool write)
{
	return hs_device_populate(now->self, device, at(first), at(end), write);
}

uint64_t entry(uint64_t page)
{
	return hs_device_entry(now->self, device, at(page));
}

struct hs_device_stats stats(void)
{
	struct hs_device_stats s;

	hs_device_stats(now->self, device, &s);
	return s;
}
