/* SPDX-License-Identifier: MIT */
/*
 * helper.c - becomes the program hmmsim-explore
 *
 * It is found from where this program is: in libexec/hmmsim of the same installation, wherever that
 * was moved to, or beside it, as in a build tree.
 */
#include "tool/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/tool.h"

#define HELPER_NAME "hmmsim-explore"

/* Folder of this program, with a / at its end. 0 or -errno. */
static int helper_folder(char folder[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return -errno;
	folder[n] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return -ENOENT;
	slash[1] = '\0';
	return 0;
}

static int helper_execute(const char *folder, const char *below, char **argv)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s%s" HELPER_NAME, folder, below);
	argv[0] = path;
	execv(path, argv);
	return -errno;
}

static int helper_fail(const char *verb, const char *folder, const char *below, int error)
{
	fprintf(stderr, "hmmsim %s: %s%s" HELPER_NAME ": %s\n", verb, folder, below,
		strerror(-error));
	return HS_EXIT_INTERNAL;
}

int hs_tool_become_helper(char **argv)
{
	const char *verb = argv[1];
	char folder[PATH_MAX];
	int ret = helper_folder(folder), beside;

	if (ret) {
		fprintf(stderr, "hmmsim %s: /proc/self/exe: %s\n", verb, strerror(-ret));
		return HS_EXIT_INTERNAL;
	}
	ret = helper_execute(folder, HS_LIBEXEC_FROM_BIN, argv);
	if (ret != -ENOENT && ret != -ENOTDIR)
		return helper_fail(verb, folder, HS_LIBEXEC_FROM_BIN, ret);
	beside = helper_execute(folder, "", argv);
	if (beside != -ENOENT)
		return helper_fail(verb, folder, "", beside);
	return helper_fail(verb, folder, HS_LIBEXEC_FROM_BIN, ret);
}
