/* SPDX-License-Identifier: MIT */
/*
 * linux/jiffies.h - the machine's clock, which only a scenario moves
 */
#ifndef HMMSIM_MODULE_JIFFIES_H
#define HMMSIM_MODULE_JIFFIES_H

#include <linux/kernel.h>

#define jiffies ((unsigned long)hs_sync_ticks(hs_races_task()))
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define time_after(a, b) ((long)((b) - (a)) < 0)

#endif
