/* SPDX-License-Identifier: MIT */
/* Included by amdgpu_hmm.c, which uses nothing of it. */
