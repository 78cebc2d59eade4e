/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_HMM_H
#define HMMSIM_MODULE_HMM_H

#include <linux/mm.h>

#define HMM_RANGE_DEFAULT_TIMEOUT 1000

#endif
