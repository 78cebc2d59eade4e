/* SPDX-License-Identifier: MIT */
/**
 * @file hmmsim.h
 * The whole public interface, except linux.h, which takes names of the kernel.
 *
 * This is API 0.2. Until 1.0 a minor version may change the API or the ABI; a patch version changes
 * neither. Headers and library must be of the same minor version; hs_version() tells the library's.
 */
#ifndef HMMSIM_HMMSIM_H
#define HMMSIM_HMMSIM_H

#include <hmmsim/dmirror.h>
#include <hmmsim/explore.h>
#include <hmmsim/export.h>
#include <hmmsim/fault.h>
#include <hmmsim/interval.h>
#include <hmmsim/machine.h>
#include <hmmsim/mapping.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * hs_version() - the version of the library that runs
 *
 * It may differ from the version of the headers that a program was compiled with.
 *
 * Context: any; no task is needed.
 *
 * Return: "major.minor.patch", a constant string.
 */
HMMSIM_API const char *hs_version(void);

#ifdef __cplusplus
}
#endif

#endif
