/* SPDX-License-Identifier: MIT */
#include "tool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/tool.h"

#define BESIDE_MAX 100

static int complain(const char *name, int error, int code)
{
	fprintf(stderr, "hmmsim: %s: %s\n", name, strerror(error));
	return code;
}

/* ---- which file -------------------------------------------------------------------------- */

static void write_directly(struct hs_output *o, bool append)
{
	snprintf(o->path, sizeof(o->path), "%s", o->name);
	o->target[0] = '\0';
	o->append = append;
}

/* The one that a link leads to, so that the link stays. */
static int find_target(struct hs_output *o, bool there)
{
	if (there)
		return realpath(o->name, o->target) ? 0 : -errno;
	snprintf(o->target, sizeof(o->target), "%s", o->name);
	return 0;
}

/* A new file has the rights of every new file, another one those of the file that it replaces. */
static void take_rights(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid))
		errno = 0; /* somebody else's file that we may write: it becomes ours */
	fchmod(fd, old->st_mode & 0777);
}

/* A name that nobody has, also if others write the same file, or were killed while they did. */
static int make_beside(struct hs_output *o, const struct stat *old)
{
	int fd = -1;

	for (unsigned int i = 0; fd < 0 && i < BESIDE_MAX; i++) {
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
		take_rights(fd, old);
	close(fd);
	return 0;
}

/* A file that is not there could be made: it is, for a moment. A link to nothing stays one. */
static int try_to_make(const char *name)
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

static int begin(struct hs_output *o, const char *name)
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
		write_directly(o, true);
		return there ? 0 : try_to_make(name);
	}
	ret = find_target(o, there);
	if (!ret)
		ret = make_beside(o, there ? &st : NULL);
	if (!ret || !there)
		return ret;
	write_directly(o, false);
	return 0;
}

/* ---- files ------------------------------------------------------------------------------- */

int hs_output_begin(struct hs_output *output, const char *name)
{
	int ret = begin(output, name);

	return ret ? complain(name, -ret, HS_EXIT_USAGE) : 0;
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
	return error ? complain(output->name, error, HS_EXIT_INTERNAL) : 0;
}

int hs_output_check(const char *name)
{
	struct hs_output output;
	int code = hs_output_begin(&output, name);

	return code ? code : hs_output_end(&output, false);
}

static int write_all(const struct hs_output *o, const char *bytes, size_t length)
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
	ret = write_all(&output, bytes, length);
	if (!ret)
		return hs_output_end(&output, true);
	hs_output_end(&output, false);
	return complain(name, -ret, HS_EXIT_INTERNAL);
}
