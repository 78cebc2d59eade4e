/* SPDX-License-Identifier: MIT */
/*
 * linux/module.h - what a module says of itself: nothing here
 */
#ifndef HMMSIM_MODULE_MODULE_H
#define HMMSIM_MODULE_MODULE_H

#include_next <linux/module.h>

#include <linux/kernel.h>

#define MODULE_AUTHOR(name) _Static_assert(1, "")
#define MODULE_DESCRIPTION(text) _Static_assert(1, "")
#define MODULE_LICENSE(name) _Static_assert(1, "")
#define EXPORT_SYMBOL(function) _Static_assert(1, "")
#define EXPORT_SYMBOL_GPL(function) _Static_assert(1, "")

#endif
