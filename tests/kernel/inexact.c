/* SPDX-License-Identifier: MIT */
/*
 * inexact.c - kernel code has other steps than the model, so that tests expect no exact numbers of
 * it
 */
#include "support/exact.h"

bool test_counts_are_exact(void)
{
	return false;
}
