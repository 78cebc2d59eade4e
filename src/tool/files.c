/* SPDX-License-Identifier: MIT */
/*
 * files.c - reads input files whole; replaces output files when they are complete
 */
#include "tool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_FIRST_SIZE ((size_t)1 << 16)
#define OUTPUT_BESIDE_MAX 100

/* ---- inputs ------------------------------------------------------------------------------ */

static int input_read_all(struct hs_hostmem *mem, FILE *file, char **bytes, size_t *length)
{
	size_t size = 0, n;

	do {
		if (*length == size) {
			char *more;

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

static bool input_is_stdin(const char *name)
{
	return !strcmp(name, "-");
}

const char *hs_input_name(const char *name)
{
	return input_is_stdin(name) ? "stdin" : name;
}

int hs_input_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length)
{
	FILE *file = input_is_stdin(name) ? stdin : fopen(name, "rb");
	int ret;

	*bytes = NULL;
	*length = 0;
	ret = file ? input_read_all(mem, file, bytes, length) : -errno;
	if (file && file != stdin)
		fclose(file);
	if (!ret)
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim: %s: %s\n", hs_input_name(name), strerror(-ret));
	return ret == -ENOMEM ? HS_EXIT_INTERNAL : HS_EXIT_USAGE;
}

/* ---- outputs: which file is written ------------------------------------------------------ */

static int output_error(const char *name, int error, int code)
{
	fprintf(stderr, "hmmsim: %s: %s\n", name, strerror(error));
	return code;
}

static void output_set_direct(struct hs_output *o, bool append)
{
	snprintf(o->path, sizeof(o->path), "%s", o->name);
	o->target[0] = '\0';
	o->append = append;
}

/* Behind a link it is the file that the link leads to, so that the link stays. */
static int output_find_target(struct hs_output *o, bool there)
{
	if (there)
		return realpath(o->name, o->target) ? 0 : -errno;
	snprintf(o->target, sizeof(o->target), "%s", o->name);
	return 0;
}

/* A file that replaces another gets its owner and mode. */
static void output_copy_rights(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid))
		errno = 0; /* a file of another user that we may write becomes ours */
	fchmod(fd, old->st_mode & 0777);
}

/* Takes a free name, because others may write the same file now, or have died while they did. */
static int output_make_beside(struct hs_output *o, const struct stat *old)
{
	int fd = -1;

	for (unsigned int i = 0; fd < 0 && i < OUTPUT_BESIDE_MAX; i++) {
		if (snprintf(o->path, sizeof(o->path), "%s.new%u", o->target, i) >=
		    (int)sizeof(o->path))
			return -ENAMETOOLONG;
		fd = open(o->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		return -errno;
	if (old)
		output_copy_rights(fd, old);
	close(fd);
	return 0;
}

/* Makes a missing file and removes it again. A link to nothing stays a link to nothing. */
static int output_try_to_make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	char made[PATH_MAX];

	if (fd < 0)
		return -errno;
	close(fd);
	if (realpath(name, made))
		unlink(made);
	return 0;
}

static int output_open(struct hs_output *o, const char *name)
{
	bool there, linked;
	struct stat st;
	int ret;

	*o = (struct hs_output){ .name = name };
	if (strlen(name) >= sizeof(o->path))
		return -ENAMETOOLONG;
	linked = !lstat(name, &st) && S_ISLNK(st.st_mode);
	there = !stat(name, &st);
	if (there && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (there && access(name, W_OK))
		return -errno;
	if ((there && !S_ISREG(st.st_mode)) || (!there && linked) || !strncmp(name, "/dev/", 5)) {
		output_set_direct(o, true);
		return there ? 0 : output_try_to_make(name);
	}
	ret = output_find_target(o, there);
	if (!ret)
		ret = output_make_beside(o, there ? &st : NULL);
	if (!ret || !there)
		return ret;
	output_set_direct(o, false);
	return 0;
}

/* ---- outputs ----------------------------------------------------------------------------- */

int hs_output_begin(struct hs_output *output, const char *name)
{
	int ret = output_open(output, name);

	return ret ? output_error(name, -ret, HS_EXIT_USAGE) : HS_EXIT_DONE;
}

int hs_output_end(struct hs_output *output, bool complete)
{
	int error = 0;

	if (!output->target[0])
		return 0;
	if (complete && rename(output->path, output->target))
		error = errno;
	if (!complete || error)
		unlink(output->path);
	return error ? output_error(output->name, error, HS_EXIT_INTERNAL) : 0;
}

int hs_output_check(const char *name)
{
	struct hs_output output;
	int code = hs_output_begin(&output, name);

	return code ? code : hs_output_end(&output, false);
}

static int output_write_bytes(const struct hs_output *o, const char *bytes, size_t length)
{
	FILE *file = fopen(o->path, o->append ? "ab" : "wb");
	int error = 0;

	if (!file)
		return -errno;
	if (fwrite(bytes, 1, length, file) != length)
		error = errno;
	if (fclose(file) && !error)
		error = errno;
	return -error;
}

int hs_output_write(const char *name, const char *bytes, size_t length)
{
	struct hs_output output;
	int code = hs_output_begin(&output, name), ret;

	if (code)
		return code;
	ret = output_write_bytes(&output, bytes, length);
	if (!ret)
		return hs_output_end(&output, true);
	hs_output_end(&output, false);
	return output_error(name, -ret, HS_EXIT_INTERNAL);
}
