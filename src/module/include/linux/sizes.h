/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_SIZES_H
#define HMMSIM_MODULE_SIZES_H

#define SZ_4K 0x1000UL
#define SZ_64K 0x10000UL
#define SZ_1M 0x100000UL
#define SZ_2M 0x200000UL
#define SZ_1G 0x40000000UL
#define SZ_2G 0x80000000UL

#endif
