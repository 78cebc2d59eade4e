/* SPDX-License-Identifier: MIT */
/*
 * search.h - binary search among ranges that ascend and do not overlap
 *
 * invented.
 */
#ifndef HS_TEXT_SEARCH_H
#define HS_TEXT_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Index of the first of @count ranges that ends above @at, as the kernel's find_vma(); @count: none
 * does. A range is an element of @size bytes; @end_of returns its exclusive end.
 */
static inline size_t hs_search_range(const void *ranges, size_t count, size_t size,
				     uint64_t (*end_of)(const void *range), uint64_t at)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (end_of((const char *)ranges + middle * size) > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

#endif
