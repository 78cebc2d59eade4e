/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MM_H
#define HMMSIM_MODULE_MM_H

#include <hmmsim/linux.h>
#include <linux/kernel.h>

#endif
