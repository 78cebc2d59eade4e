/* SPDX-License-Identifier: MIT */
#ifndef HS_TESTS_WEAK_NOTIFIER_H
#define HS_TESTS_WEAK_NOTIFIER_H

/* Which sequence number is stored without release. */
extern enum weak_notifier {
	WEAK_NONE,
	WEAK_ODD,
	WEAK_EVEN,
} weak_notifier;

#endif
