/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MMU_NOTIFIER_H
#define HMMSIM_MODULE_MMU_NOTIFIER_H

#include <linux/mm.h>

#endif
