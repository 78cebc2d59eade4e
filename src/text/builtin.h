/* SPDX-License-Identifier: MIT */
/*
 * builtin.h - built-in layouts
 *
 * invented. Each layout is one kind of work for a range walk, at any size. Addresses begin at
 * 0x7f0000000000, pfns of ordinary memory at 0x100000, pfns of device memory at 0x100000000.
 */
#ifndef HS_TEXT_BUILTIN_H
#define HS_TEXT_BUILTIN_H

#include "text/layout.h"

#define HS_BUILTIN_BYTES ((uint64_t)64 << 20) /* the usual size */
#define HS_BUILTIN_BYTES_MAX ((uint64_t)1 << 40)

unsigned int hs_builtin_count(void);
const char *hs_builtin_name(unsigned int i);
const char *hs_builtin_summary(unsigned int i);

/*
 * Makes the layout @name. @bytes is rounded up to a multiple of 2 MiB, of 1 GiB for dev1g. A layout
 * of another size than HS_BUILTIN_BYTES has the size in its name, such as full:4M. Returns 0;
 * -ENOENT: there is no such layout; -EINVAL: @bytes is 0 or above HS_BUILTIN_BYTES_MAX; -E2BIG: it
 * would be beyond a limit of space.h; -ENOMEM.
 */
int hs_builtin_make(struct hs_hostmem *mem, const char *name, uint64_t bytes,
		    struct hs_layout *out);

#endif
