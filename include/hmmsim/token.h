/* SPDX-License-Identifier: MIT */
/**
 * @file token.h
 * Tokens: the line of a report by which an execution is run again. invented.
 *
 * hs_explore_result.token (explore.h) is one; hs_explore_options.token replays it. These functions
 * read it without running anything.
 */
#ifndef HMMSIM_TOKEN_H
#define HMMSIM_TOKEN_H

#include <stddef.h>

#include <hmmsim/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * hs_token_name() - the scenario of a token
 * @param token   as in hs_explore_result
 * @param buffer  receives hs_scenario.name
 * @param size    bytes of @p buffer
 *
 * Context: any.
 *
 * Return: 0, or
 * - -EINVAL: @p token is no token, its scenario has no name, or the name does not fit
 */
HMMSIM_API int hs_token_name(const char *token, char *buffer, size_t size);

/**
 * hs_token_check() - whether a text has the form of a token
 * @param token    any text
 * @param message  receives a sentence that names the first character that is wrong, cut to fit;
 *                 empty after 0
 * @param size     bytes of @p message, at least 1
 *
 * Whether the token fits a scenario, a replay says.
 *
 * Context: any.
 *
 * Return: 0, or
 * - -EINVAL: it has not
 */
HMMSIM_API int hs_token_check(const char *token, char *message, size_t size);

#ifdef __cplusplus
}
#endif

#endif
