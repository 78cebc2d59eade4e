/* SPDX-License-Identifier: MIT */
#include <linux/module.h>
