/* SPDX-License-Identifier: MIT */
/*
 * tsan.c - what code that is compiled with -fsanitize=thread calls, told to the explorer
 *
 * invented: in place of libtsan. The names and arguments are those that gcc and clang have agreed
 * on. A compiler calls one of these functions before each access that other threads might see.
 *
 * This is an archive of its own. In the explorer's library these functions would take the place of
 * libtsan's in programs that are built to be looked at by that.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hmmsim/races.h>

#include "races/places.h"

/* Also for instrumented code in shared libraries of the program. */
#define TSAN_API __attribute__((__visibility__("default")))

#define TSAN_PART 256 /* of a copy, at once */

/* A callback, with the declaration that no header has. */
#define TSAN_CALLBACK(name, parameters)         \
	TSAN_API void __tsan_##name parameters; \
	TSAN_API void __tsan_##name parameters

TSAN_CALLBACK(init, (void))
{
	hs_races_report();
}

/* ---- accesses ---------------------------------------------------------------------------- */

#define TSAN_ACCESS(name, size, access)                                               \
	TSAN_CALLBACK(name, (void *addr))                                             \
	{                                                                             \
		hs_races_access_at(addr, (size), HS_RACES_##access, HS_RACES_CALLER); \
	}

#define TSAN_SIZE(size)                                                 \
	TSAN_ACCESS(read##size, size, READ)                             \
	TSAN_ACCESS(write##size, size, WRITE)                           \
	TSAN_ACCESS(read_write##size, size, WRITE)                      \
	TSAN_ACCESS(unaligned_read##size, size, READ)                   \
	TSAN_ACCESS(unaligned_write##size, size, WRITE)                 \
	TSAN_ACCESS(unaligned_read_write##size, size, WRITE)            \
	TSAN_ACCESS(volatile_read##size, size, VOLATILE_READ)           \
	TSAN_ACCESS(volatile_write##size, size, VOLATILE_WRITE)         \
	TSAN_ACCESS(unaligned_volatile_read##size, size, VOLATILE_READ) \
	TSAN_ACCESS(unaligned_volatile_write##size, size, VOLATILE_WRITE)

TSAN_SIZE(1)
TSAN_SIZE(2)
TSAN_SIZE(4)
TSAN_SIZE(8)
TSAN_SIZE(16)

TSAN_CALLBACK(read_range, (void *addr, size_t size))
{
	hs_races_access_at(addr, size, HS_RACES_READ, HS_RACES_CALLER);
}

TSAN_CALLBACK(write_range, (void *addr, size_t size))
{
	hs_races_access_at(addr, size, HS_RACES_WRITE, HS_RACES_CALLER);
}

/* ---- C++ --------------------------------------------------------------------------------- */

/* A destructor writes the pointer that is there already. */
TSAN_CALLBACK(vptr_update, (void **vptr, void *value))
{
	hs_races_access(vptr, sizeof(*vptr), *vptr == value ? HS_RACES_READ : HS_RACES_WRITE);
}

TSAN_CALLBACK(vptr_read, (void **vptr))
{
	hs_races_access(vptr, sizeof(*vptr), HS_RACES_READ);
}

/* ---- calls ------------------------------------------------------------------------------- */

TSAN_CALLBACK(func_entry, (void *pc))
{
	(void)pc;
}

TSAN_CALLBACK(func_exit, (void))
{
}

/* By races_calls.h, and by newer clangs, a call of memcpy() is one of these. */
TSAN_API void *__tsan_memcpy(void *to, const void *from, size_t size);
TSAN_API void *__tsan_memmove(void *to, const void *from, size_t size);
TSAN_API void *__tsan_memset(void *to, int value, size_t size);

/*
 * Where accesses are steps others may come between the two. What is read must be what is there when
 * the read is told.
 */
static void tsan_move(char *to, const char *from, size_t size, const char *where)
{
	char part[TSAN_PART];

	hs_races_access_at(from, size, HS_RACES_READ, where);
	memcpy(part, from, size);
	hs_races_access_at(to, size, HS_RACES_WRITE, where);
	memcpy(to, part, size);
}

static void *tsan_copy(void *to, const void *from, size_t size, const char *where)
{
	bool up = (uintptr_t)to < (uintptr_t)from;

	for (size_t done = 0; done < size;) {
		size_t rest = size - done, part = rest < TSAN_PART ? rest : TSAN_PART;
		size_t at = up ? done : rest - part;

		tsan_move((char *)to + at, (const char *)from + at, part, where);
		done += part;
	}
	return to;
}

TSAN_API void *__tsan_memcpy(void *to, const void *from, size_t size)
{
	return tsan_copy(to, from, size, HS_RACES_CALLER);
}

TSAN_API void *__tsan_memmove(void *to, const void *from, size_t size)
{
	return tsan_copy(to, from, size, HS_RACES_CALLER);
}

TSAN_API void *__tsan_memset(void *to, int value, size_t size)
{
	hs_races_access_at(to, size, HS_RACES_WRITE, HS_RACES_CALLER);
	return memset(to, value, size);
}
