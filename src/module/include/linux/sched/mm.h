/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_SCHED_MM_H
#define HMMSIM_MODULE_SCHED_MM_H

#include <linux/mm.h>

#endif
