/* SPDX-License-Identifier: MIT */
/**
 * @file races_calls.h
 * For the compiler's option -include: calls of memcpy(), memmove() and memset() in a source that is
 * compiled with -fsanitize=thread go to those of hmmsim::races, which tell what they access. No
 * source includes it, and elsewhere it has nothing. The target hmmsim::races and the package
 * hmmsim-races bring the option.
 *
 * *invented*. Compilers tell accesses of their own code, not those of a call. gcc, and clang before
 * version 16, leave the call to a library that takes the function's place, as libtsan does. Here
 * the place is taken in the source that is looked at, by another name for the linker, because the
 * explorer's library, which may be in the same program, must not tell what it copies itself.
 *
 * The options -fno-builtin-memcpy and its like belong to it: gcc makes a copy of a known size a few
 * moves, of which nothing is told. _FORTIFY_SOURCE would bring them back, and calls other
 * functions.
 */
#ifndef HMMSIM_RACES_CALLS_H
#define HMMSIM_RACES_CALLS_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HMMSIM_RACES_CALLS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(HMMSIM_RACES_CALLS)
#undef _FORTIFY_SOURCE
__asm__("memcpy = __tsan_memcpy\n\tmemmove = __tsan_memmove\n\tmemset = __tsan_memset");
#endif

#endif
