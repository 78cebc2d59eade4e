/* SPDX-License-Identifier: MIT */
/*
 * The interval tree, compared with a linear search of a list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/interval.h"

#define NODES 200

static struct hs_interval_node nodes[NODES];
static uint32_t order[NODES]; /* 0: not in the tree; else when it was inserted */
static uint32_t inserts;
static struct hs_interval_tree tree;

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void forget(void)
{
	memset(nodes, 0, sizeof(nodes));
	memset(order, 0, sizeof(order));
	tree.root = NULL;
	inserts = 0;
}

static void insert(int i, uint64_t start, uint64_t last)
{
	nodes[i].start = start;
	nodes[i].last = last;
	hs_interval_tree_insert(&tree, &nodes[i]);
	order[i] = ++inserts;
}

static void erase(int i)
{
	hs_interval_tree_erase(&tree, &nodes[i]);
	order[i] = 0;
}

static uint32_t checked(const struct hs_interval_node *n, const struct hs_interval_node *parent,
			uint64_t *max_last)
{
	uint32_t height[2] = { 0, 0 };

	if (!n)
		return 0;
	assert_ptr_equal(n->parent, parent);
	*max_last = n->last;
	for (int side = 0; side < 2; side++) {
		uint64_t most = 0;

		height[side] = checked(n->child[side], n, &most);
		if (height[side] && most > *max_last)
			*max_last = most;
	}
	assert_true(height[0] <= height[1] + 1 && height[1] <= height[0] + 1);
	assert_int_equal(n->height, 1 + (height[0] > height[1] ? height[0] : height[1]));
	assert_int_equal(n->max_last, *max_last);
	return n->height;
}

/* The overlapping node that follows @after, by linear search. */
static int expected(int after, uint64_t start, uint64_t last)
{
	int best = -1;

	for (int i = 0; i < NODES; i++) {
		if (!order[i] || nodes[i].start > last || nodes[i].last < start)
			continue;
		if (after >= 0 &&
		    (nodes[i].start < nodes[after].start ||
		     (nodes[i].start == nodes[after].start && order[i] <= order[after])))
			continue;
		if (best < 0 || nodes[i].start < nodes[best].start ||
		    (nodes[i].start == nodes[best].start && order[i] < order[best]))
			best = i;
	}
	return best;
}

static void expect_found(uint64_t start, uint64_t last)
{
	const struct hs_interval_node *n = hs_interval_tree_first(&tree, start, last);
	int i = -1;

	for (;;) {
		i = expected(i, start, last);
		if (i < 0)
			break;
		assert_ptr_equal(n, &nodes[i]);
		n = hs_interval_tree_next(n, start, last);
	}
	assert_null(n);
}

static void both_ends_are_inclusive(void **state)
{
	(void)state;
	forget();
	insert(0, 10, 19);
	assert_null(hs_interval_tree_first(&tree, 0, 9));
	assert_ptr_equal(hs_interval_tree_first(&tree, 0, 10), &nodes[0]);
	assert_ptr_equal(hs_interval_tree_first(&tree, 19, 30), &nodes[0]);
	assert_null(hs_interval_tree_first(&tree, 20, 30));
	assert_ptr_equal(hs_interval_tree_first(&tree, 0, UINT64_MAX), &nodes[0]);
	assert_null(hs_interval_tree_next(&nodes[0], 0, UINT64_MAX));
	erase(0);
	assert_null(tree.root);
	insert(0, UINT64_MAX, UINT64_MAX);
	insert(1, 0, 0);
	assert_ptr_equal(hs_interval_tree_first(&tree, UINT64_MAX, UINT64_MAX), &nodes[0]);
	assert_ptr_equal(hs_interval_tree_first(&tree, 0, 0), &nodes[1]);
}

static void equal_starts_are_found_in_order_of_insertion(void **state)
{
	(void)state;
	forget();
	for (int i = 0; i < 64; i++)
		insert(i, 7, 7 + (uint64_t)(i * 37 % 64));
	expect_found(7, 7);
	expect_found(40, 50);
	for (int i = 0; i < 64; i += 3)
		erase(i);
	insert(0, 7, 7);
	expect_found(0, 100);
}

static void sorted_insertion_stays_balanced(void **state)
{
	uint64_t max_last = 0;

	(void)state;
	for (int up = 0; up < 2; up++) {
		forget();
		for (int i = 0; i < NODES; i++)
			insert(i, (uint64_t)(up ? i : NODES - i), NODES);
		assert_true(checked(tree.root, NULL, &max_last) <= 10);
	}
}

static void searches_find_what_a_list_finds(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (uint32_t round = 0; round < 4; round++) {
		uint64_t room = 8ull << (4 * round), max_last;

		forget();
		for (int turn = 0; turn < 1500; turn++) {
			int i = (int)(next_random(&random) % NODES);
			uint64_t start = next_random(&random) % room;
			uint64_t last = start + next_random(&random) % (room / 8);

			if (order[i])
				erase(i);
			else
				insert(i, start, last);
			checked(tree.root, NULL, &max_last);
			start = next_random(&random) % room;
			expect_found(start, start + next_random(&random) % (room / 8));
		}
		for (int i = 0; i < NODES; i++) {
			if (order[i])
				erase(i);
			checked(tree.root, NULL, &max_last);
		}
		assert_null(tree.root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_are_inclusive),
		cmocka_unit_test(equal_starts_are_found_in_order_of_insertion),
		cmocka_unit_test(sorted_insertion_stays_balanced),
		cmocka_unit_test(searches_find_what_a_list_finds),
	};

	return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
