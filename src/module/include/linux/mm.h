/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MM_H
#define HMMSIM_MODULE_MM_H

#include <hmmsim/linux.h>
#include <linux/kernel.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)

#endif
