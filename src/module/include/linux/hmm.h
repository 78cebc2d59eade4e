/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_HMM_H
#define HMMSIM_MODULE_HMM_H

#include <hmmsim/linux.h>
#include <linux/kernel.h>

#endif
