/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_HMM_H
#define HMMSIM_MODULE_HMM_H

#include <linux/mm.h>

#endif
