/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MEMREMAP_H
#define HMMSIM_MODULE_MEMREMAP_H

#include <linux/mm.h>

#endif
