/* SPDX-License-Identifier: MIT */
/*
 * file.c - files that are read whole
 */
#include <errno.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "tool/tool.h"

#define FIRST_SIZE ((size_t)1 << 16)

static int read_all(struct hs_hostmem *mem, FILE *file, char **bytes, size_t *length)
{
	size_t size = 0, n;

	do {
		if (*length == size) {
			char *more;

			size = size ? 2 * size : FIRST_SIZE;
			more = hs_hostmem_realloc(mem, *bytes, size);
			if (!more)
				return -ENOMEM;
			*bytes = more;
		}
		n = fread(*bytes + *length, 1, size - *length, file);
		*length += n;
	} while (n);
	return ferror(file) ? -errno : 0;
}

static bool is_stdin(const char *name)
{
	return !strcmp(name, "-");
}

const char *hs_tool_file_name(const char *name)
{
	return is_stdin(name) ? "stdin" : name;
}

int hs_tool_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length)
{
	FILE *file = is_stdin(name) ? stdin : fopen(name, "rb");
	int ret;

	*bytes = NULL;
	*length = 0;
	ret = file ? read_all(mem, file, bytes, length) : -errno;
	if (file && file != stdin)
		fclose(file);
	if (!ret)
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim: %s: %s\n", hs_tool_file_name(name), strerror(-ret));
	return ret == -ENOMEM ? HS_EXIT_INTERNAL : HS_EXIT_USAGE;
}
