/* SPDX-License-Identifier: MIT */
/*
 * driver_kit.h - the address space of device_kit.h with one device of <hmmsim/device.h> on it
 */
#ifndef HS_TESTS_DRIVER_KIT_H
#define HS_TESTS_DRIVER_KIT_H

#include <hmmsim/device.h>

#include "support/device_kit.h"

/* The models that mirror: all but the last. */
#define MIRRORS HS_DEVICE_P2PDMA

extern struct hs_device *device;
extern struct hs_device_config config;

/* Sets config, and touches nothing, because the pages of the kit have no structs. */
void configure(int model);
void open_device(void);
/* What the kit was told is forgotten, and its pages are mapped again. */
void close_device(void);

int populate(uint64_t first, uint64_t end, bool write);
uint64_t entry(uint64_t page);
struct hs_device_stats stats(void);

#endif
