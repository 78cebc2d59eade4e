/* SPDX-License-Identifier: MIT */
/*
 * files.c - reads input files whole
 */
#include "tool/files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_FIRST_SIZE ((size_t)1 << 16)
#define INPUT_MAX ((size_t)1 << 28) /* INPUT_FIRST_SIZE, doubled some times */

/* ---- inputs ------------------------------------------------------------------------------ */

/* 0, a negative errno, or -EFBIG: there is more than INPUT_MAX. */
static int input_read_all(struct hs_hostmem *mem, FILE *file, char **bytes, size_t *length)
{
	size_t size = 0, n;

	do {
		if (*length == size) {
			char *more;

			if (size == INPUT_MAX)
				return getc(file) != EOF ? -EFBIG : ferror(file) ? -errno : 0;
			size = size ? 2 * size : INPUT_FIRST_SIZE;
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

static unsigned long input_count_lines(const char *bytes, size_t length)
{
	unsigned long lines = 1;

	for (size_t i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	return lines;
}

static bool input_is_stdin(const char *name)
{
	return !strcmp(name, "-");
}

const char *hs_input_name(const char *name)
{
	return input_is_stdin(name) ? "stdin" : name;
}

/* What it reads would be what it prints. */
static bool input_is_stdout(FILE *file)
{
	struct stat in, out;

	return !fstat(fileno(file), &in) && !fstat(STDOUT_FILENO, &out) && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

int hs_input_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length)
{
	FILE *file = NULL;
	int ret;

	*bytes = NULL;
	*length = 0;
	if (!*name) {
		fputs("hmmsim: expected the name of a file, found ''\n", stderr);
		return HS_EXIT_USAGE;
	}
	file = input_is_stdin(name) ? stdin : fopen(name, "rb");
	if (file && input_is_stdout(file)) {
		fprintf(stderr, "hmmsim: %s: expected another file than standard output\n",
			hs_input_name(name));
		if (file != stdin)
			fclose(file);
		return HS_EXIT_USAGE;
	}
	ret = file ? input_read_all(mem, file, bytes, length) : -errno;
	if (file && file != stdin)
		fclose(file);
	if (!ret)
		return HS_EXIT_DONE;
	if (ret == -EFBIG)
		fprintf(stderr, "%s:%lu: expected a text of at most %zu bytes\n",
			hs_input_name(name), input_count_lines(*bytes, *length), INPUT_MAX);
	else
		fprintf(stderr, "hmmsim: %s: %s\n", hs_input_name(name), strerror(-ret));
	return ret == -ENOMEM ? HS_EXIT_INTERNAL : HS_EXIT_USAGE;
}
