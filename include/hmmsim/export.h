/* SPDX-License-Identifier: MIT */
/**
 * @file export.h
 * The mark of what the library exports.
 *
 * The library is compiled with hidden visibility. The mark is the same in the static library, the
 * shared library and their users, so that one set of objects and one installed header serve all.
 */
#ifndef HMMSIM_EXPORT_H
#define HMMSIM_EXPORT_H

/** Marks a function that users of the library can link against. */
#define HMMSIM_API __attribute__((__visibility__("default")))

#endif
