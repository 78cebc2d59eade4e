/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MIGRATE_H
#define HMMSIM_MODULE_MIGRATE_H

#include <hmmsim/linux.h>
#include <linux/kernel.h>

#endif
