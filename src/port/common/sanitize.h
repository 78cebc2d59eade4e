/* SPDX-License-Identifier: MIT */
/*
 * sanitize.h - which sanitizer this build has, and how to tell it what it cannot see
 */
#ifndef HS_PORT_SANITIZE_H
#define HS_PORT_SANITIZE_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HS_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define HS_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HS_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define HS_TSAN 1
#endif
#ifndef HS_ASAN
#define HS_ASAN 0
#endif
#ifndef HS_TSAN
#define HS_TSAN 0
#endif

#define HS_NO_ASAN __attribute__((__no_sanitize_address__))

#if HS_ASAN
#include <sanitizer/asan_interface.h>
#define hs_poison(p, n) __asan_poison_memory_region((p), (n))
#define hs_unpoison(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define hs_poison(p, n) ((void)(p), (void)(n))
#define hs_unpoison(p, n) ((void)(p), (void)(n))
#endif

#endif
