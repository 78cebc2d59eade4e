/* SPDX-License-Identifier: MIT */
/*
 * none: v5.7 on (068354ade5dd). Nobody looks the pgmap up; notifiers, lock and retry protect.
 */
