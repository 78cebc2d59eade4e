/* SPDX-License-Identifier: MIT */
/*
 * linux/module.h - what a module says of itself: nothing here, but for its begin and end
 */
#ifndef HMMSIM_MODULE_MODULE_H
#define HMMSIM_MODULE_MODULE_H

#include_next <linux/module.h>

#include <linux/kernel.h>

int init_module(void);
void cleanup_module(void);

#define MODULE_AUTHOR(name) _Static_assert(1, "")
#define MODULE_DESCRIPTION(text) _Static_assert(1, "")
#define MODULE_LICENSE(name) _Static_assert(1, "")
#define MODULE_PARM_DESC(name, text) _Static_assert(1, "")
#define module_param(name, type, mode) _Static_assert(1, "")
#define THIS_MODULE NULL
/* The scenario calls them. */
#define module_init(begin)      \
	int init_module(void)   \
	{                       \
		return begin(); \
	}                       \
	_Static_assert(1, "")
#define module_exit(end)          \
	void cleanup_module(void) \
	{                         \
		end();            \
	}                         \
	_Static_assert(1, "")
#define EXPORT_SYMBOL(function) _Static_assert(1, "")
#define EXPORT_SYMBOL_GPL(function) _Static_assert(1, "")

#endif
