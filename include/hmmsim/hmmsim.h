/* SPDX-License-Identifier: MIT */
/*
 * hmmsim.h: the whole public interface.
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

/* The version of the library that runs, as "major.minor.patch". */
HMMSIM_API const char *hs_version(void);

#ifdef __cplusplus
}
#endif

#endif
