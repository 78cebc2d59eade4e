/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzzers share
 *
 * Each reads one kind of text. No text crashes its parser, an error says where it is, and what is
 * accepted survives printing and parsing. Ten minutes, with what a fuzzer finds kept in corpus/:
 *
 *	cmake -S . -B build -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=ASan
 *	cmake --build build -t fuzz_walk_text
 *	tests/fuzz/run.sh build/tests/fuzz/fuzz_walk_text tests/data 600 corpus
 *
 * An input that fails is left in the working directory as crash-*; the fuzzer takes it as argument.
 */
#ifndef HS_TESTS_FUZZ_H
#define HS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name of the text in error messages. */
#define FUZZ_NAME "fuzz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, and says what did not hold. */
void fuzz_must(bool holds, const char *what);
/* An error says "fuzz:LINE: " and what is wrong; no error says nothing. */
void fuzz_must_say_where(bool failed, const char *error);
/* The input as a string, to be freed with free(); it ends at the first NUL. */
char *fuzz_string(const uint8_t *data, size_t size);

#endif
