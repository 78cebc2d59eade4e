/* SPDX-License-Identifier: MIT */
/*
 * amdgpu_amdkfd.h - compute queues, which no scenario has
 */
#ifndef HS_KERNEL_AMDGPU_AMDKFD_H
#define HS_KERNEL_AMDGPU_AMDKFD_H

#include "amdgpu.h"

int amdgpu_amdkfd_evict_userptr(struct mmu_interval_notifier *mni, unsigned long cur_seq,
				struct kgd_mem *mem);

#endif
