/* SPDX-License-Identifier: MIT */
/*
 * limits.c - loops that copy or fill a table: by entry, by vector, with memcpy() and memset()
 */
#include "limits.h"

#include <stdio.h>
#include <string.h>

#include <hmmsim/mm.h>

#include "space.h"

#define ENTRIES BENCH_TABLE_PAGES
#define TABLE_BYTES (ENTRIES * sizeof(uint64_t))
#define WORTH_IT 0.8

/* The bits of an entry that an answer keeps; the bits of an answer for a page of a huge leaf. */
#define KEPT (HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_ORDER | HS_ENTRY_PFN)
#define FILL (HS_ENTRY_VALID | HS_ENTRY_WRITE)

/* ---- loops over one table ---------------------------------------------------------------- */

typedef void (*table_fn)(uint64_t *to, const uint64_t *from, uint64_t first);

/* The barrier keeps the compiler from making vectors. Unrolled, the loop itself costs nothing. */
static void bench_limits_scalar_copy(uint64_t *to, const uint64_t *from, uint64_t first)
{
	(void)first;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < ENTRIES; i++) {
		uint64_t e = from[i] & KEPT;

		__asm__ volatile("" : "+r"(e));
		to[i] = e;
	}
}

static void bench_limits_scalar_fill(uint64_t *to, const uint64_t *from, uint64_t first)
{
	(void)from;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < ENTRIES; i++) {
		uint64_t e = FILL | (first + i);

		__asm__ volatile("" : "+r"(e));
		to[i] = e;
	}
}

/* Volatile, because a compiler that knows the size would replace the call by an instruction. */
static void *(*volatile copy_bytes)(void *to, const void *from, size_t bytes) = memcpy;
static void *(*volatile set_bytes)(void *to, int byte, size_t bytes) = memset;

static void bench_limits_memcpy_table(uint64_t *to, const uint64_t *from, uint64_t first)
{
	(void)first;
	copy_bytes(to, from, TABLE_BYTES);
}

static void bench_limits_memset_table(uint64_t *to, const uint64_t *from, uint64_t first)
{
	(void)from;
	set_bytes(to, (int)(first & 0xff), TABLE_BYTES);
}

/* Loops over vectors of @lanes entries, compiled with @attribute. */
#define VECTOR_LOOPS(name, lanes, attribute)                                                 \
	typedef uint64_t name##_vector                                                       \
		__attribute__((__vector_size__(8 * (lanes)), __may_alias__));                \
	attribute static void bench_limits_##name##_copy(uint64_t *to, const uint64_t *from, \
							 uint64_t first)                     \
	{                                                                                    \
		const name##_vector *f = (const name##_vector *)(const void *)from;          \
		name##_vector *t = (name##_vector *)(void *)to;                              \
                                                                                             \
		(void)first;                                                                 \
		_Pragma("GCC unroll 8") for (unsigned int i = 0; i < ENTRIES / (lanes); i++) \
			t[i] = f[i] & KEPT;                                                  \
	}                                                                                    \
	attribute static void bench_limits_##name##_fill(uint64_t *to, const uint64_t *from, \
							 uint64_t first)                     \
	{                                                                                    \
		name##_vector *t = (name##_vector *)(void *)to, v;                           \
                                                                                             \
		(void)from;                                                                  \
		for (unsigned int lane = 0; lane < (lanes); lane++)                          \
			v[lane] = (FILL | first) + lane;                                     \
		_Pragma("GCC unroll 8") for (unsigned int i = 0; i < ENTRIES / (lanes); i++) \
		{                                                                            \
			t[i] = v;                                                            \
			v += (lanes);                                                        \
		}                                                                            \
	}

VECTOR_LOOPS(narrow, 2, )
#ifdef __x86_64__
VECTOR_LOOPS(avx2, 4, __attribute__((__target__("avx2"))))
VECTOR_LOOPS(avx512, 8, __attribute__((__target__("avx512f"))))
#endif

static table_fn bench_limits_vector_fn(bool copy)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return copy ? bench_limits_avx512_copy : bench_limits_avx512_fill;
	if (__builtin_cpu_supports("avx2"))
		return copy ? bench_limits_avx2_copy : bench_limits_avx2_fill;
#endif
	return copy ? bench_limits_narrow_copy : bench_limits_narrow_fill;
}

/* ---- variants ---------------------------------------------------------------------------- */

static double bench_limits_over_tables(const struct bench_tables *t, table_fn fn, uint64_t rounds)
{
	double begin = bench_now_ns();

	for (uint64_t r = 0; r < rounds; r++) {
		for (uint64_t i = 0; i < t->count; i++)
			fn(&t->out[i * ENTRIES], t->tables ? t->tables[i] : NULL, i * ENTRIES);
		__asm__ volatile("" : : "r"(t->out) : "memory");
	}
	return (bench_now_ns() - begin) / (double)rounds / (double)(t->count * ENTRIES);
}

static double bench_limits_run_scalar(const struct bench_variant *v, uint64_t rounds)
{
	const struct bench_tables *t = v->arg;

	return bench_limits_over_tables(
		t, t->tables ? bench_limits_scalar_copy : bench_limits_scalar_fill, rounds);
}

static double bench_limits_run_vector(const struct bench_variant *v, uint64_t rounds)
{
	const struct bench_tables *t = v->arg;

	return bench_limits_over_tables(t, bench_limits_vector_fn(t->tables), rounds);
}

static double bench_limits_run_memcpy(const struct bench_variant *v, uint64_t rounds)
{
	return bench_limits_over_tables(v->arg, bench_limits_memcpy_table, rounds);
}

static double bench_limits_run_memset(const struct bench_variant *v, uint64_t rounds)
{
	return bench_limits_over_tables(v->arg, bench_limits_memset_table, rounds);
}

unsigned int bench_limits_add(struct bench_variant *variants, unsigned int at,
			      const struct bench_tables *tables, uint64_t rounds)
{
	variants[at++] = (struct bench_variant){ "limit: one entry at a time",
						 bench_limits_run_scalar, rounds, 1, tables };
	variants[at++] = (struct bench_variant){ "limit: vectors", bench_limits_run_vector, rounds,
						 1, tables };
	if (tables->tables)
		variants[at++] = (struct bench_variant){ "memcpy of the same tables",
							 bench_limits_run_memcpy, rounds, 1,
							 tables };
	variants[at++] = (struct bench_variant){ "memset of the answers", bench_limits_run_memset,
						 rounds, 1, tables };
	return at;
}

bool bench_limits_reached(double vector, double copy)
{
	return copy >= WORTH_IT * vector;
}

void bench_limits_print(const struct bench_variant *variants, unsigned int rows, unsigned int at)
{
	const struct bench_tables *t = variants[at].arg;
	double scalar = bench_median(at), vector = bench_median(at + 1);
	double copy = bench_median(at + 2);
	bool reached = bench_limits_reached(vector, copy);

	printf("  the vector loop moves %.1f GB/s, %.0f %% of %s%s\n",
	       (t->tables ? 16 : 8) / vector, copy / vector * 100, t->tables ? "memcpy" : "memset",
	       reached ? "" : ": too slow for a limit");
	printf("  %-42s %9s %9s\n", "times the limit", "scalar", "vectors");
	for (unsigned int i = 0; i < rows; i++) {
		printf("  %-42s %9.2f ", variants[i].name, bench_median(i) / scalar);
		if (reached)
			printf("%9.2f\n", bench_median(i) / vector);
		else
			printf("%9s\n", "-");
	}
	printf("\n");
}
