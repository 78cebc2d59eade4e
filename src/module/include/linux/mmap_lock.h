/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MMAP_LOCK_H
#define HMMSIM_MODULE_MMAP_LOCK_H

#include <linux/mm.h>

#endif
