/* SPDX-License-Identifier: MIT */
/*
 * builtin.h - layouts by name
 *
 * invented. Each is one kind of load for a range walk, at any size. Addresses begin at
 * 0x7f0000000000, pfns of ordinary memory at 0x100000, device memory at 0x100000000.
 */
#ifndef HS_TEXT_BUILTIN_H
#define HS_TEXT_BUILTIN_H

#include "text/layout.h"

#define HS_BUILTIN_BYTES ((uint64_t)64 << 20)
#define HS_BUILTIN_BYTES_MAX ((uint64_t)1 << 40)

unsigned int hs_builtin_count(void);
const char *hs_builtin_name(unsigned int i);
const char *hs_builtin_summary(unsigned int i);

/*
 * @bytes are rounded up to whole tables of 2 MiB, or to the size of the layout's leaves; a size
 * other than that of HS_BUILTIN_BYTES is in the layout's name, as full:4M. 0; -ENOENT:
 * there is no such name; -EINVAL: no bytes, or more than the maximum; -ENOMEM.
 */
int hs_builtin_make(struct hs_hostmem *mem, const char *name, uint64_t bytes,
		    struct hs_layout *out);

#endif
