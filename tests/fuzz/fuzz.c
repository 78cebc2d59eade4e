/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

void fuzz_must_say_where(bool failed, const char *error)
{
	const char *digits = error + strlen(FUZZ_NAME ":");
	size_t count;

	fuzz_must(failed == (error[0] != '\0'), "an error without a message, or the reverse");
	if (!failed)
		return;
	fuzz_must(!strncmp(error, FUZZ_NAME ":", strlen(FUZZ_NAME ":")), "no FILE in a message");
	count = strspn(digits, "0123456789");
	fuzz_must(count && digits[count] == ':' && digits[count + 1] == ' ' && digits[count + 2],
		  "no LINE in a message, or nothing after it");
}

char *fuzz_string(const uint8_t *data, size_t size)
{
	char *string = malloc(size + 1);

	fuzz_must(string, "no memory");
	if (size)
		memcpy(string, data, size);
	string[size] = '\0';
	return string;
}
