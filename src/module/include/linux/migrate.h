/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_MIGRATE_H
#define HMMSIM_MODULE_MIGRATE_H

#include <linux/mm.h>

#endif
