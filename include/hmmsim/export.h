/* SPDX-License-Identifier: MIT */
/*
 * export.h: what the shared library exports.
 *
 * The library is compiled with hidden visibility; only what a public header marks HMMSIM_API can be
 * linked against. The mark is the same for the static and the shared library and for their users,
 * so that one set of objects and one installed header serve them all.
 */
#ifndef HMMSIM_EXPORT_H
#define HMMSIM_EXPORT_H

#define HMMSIM_API __attribute__((__visibility__("default")))

#endif
