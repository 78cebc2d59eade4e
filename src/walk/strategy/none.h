/* SPDX-License-Identifier: MIT */
/*
 * none.h - no references (v5.7 on, 068354ade5dd)
 *
 * No lookup: notifiers, the driver's lock and its retry protect.
 */
