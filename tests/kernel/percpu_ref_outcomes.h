/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_outcomes.h - what a program of outcomes has beside the scenarios of both
 */
#ifndef HS_KERNEL_PERCPU_REF_OUTCOMES_H
#define HS_KERNEL_PERCPU_REF_OUTCOMES_H

/* Of the kernel's code alone (percpu_ref_switch.c): NULL in the program of the model. */
void outcomes_of_a_switch(void) __attribute__((__weak__));

#endif
