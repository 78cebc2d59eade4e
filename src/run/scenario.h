/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - race scenarios as text, in memory of the caller, so that tests can let it fail
 */
#ifndef HS_RUN_SCENARIO_H
#define HS_RUN_SCENARIO_H

#include <hmmsim/scenario.h>

#include "text/hostmem.h"

/* hs_scenario_load() where allocation number @mem->fail_at fails. @mem outlives the scenario. */
int hs_scenario_load_from(struct hs_hostmem *mem, const char *file_name, const char *bytes,
			  size_t length, const char *race,
			  const struct hs_scenario_setting *settings, size_t setting_count,
			  const struct hs_scenario_function *functions, size_t function_count,
			  struct hs_scenario_text **out, char *error, size_t error_size);

/* hs_scenario_races() where allocation number @mem->fail_at fails. */
int hs_scenario_races_from(struct hs_hostmem *mem, const char *file_name, const char *bytes,
			   size_t length,
			   int (*each)(void *ctx, const struct hs_scenario_race *race), void *ctx,
			   char *error, size_t error_size);

#endif
