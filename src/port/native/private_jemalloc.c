/* SPDX-License-Identifier: MIT */
/*
 * private_jemalloc.c - the settings of the private copy of jemalloc
 *
 * invented. It is linked into the copy and to nothing else, where it stands for what jemalloc would
 * take from outside. The process, its environment and the machine configure the host's allocator,
 * never this one: a wrong word in MALLOC_CONF would end a program that has no jemalloc of its own,
 * and stats_print would write into its output.
 */
#include <sys/types.h>

char *getenv(const char *name);
char *secure_getenv(const char *name);
ssize_t readlink(const char *path, char *to, size_t size);
ssize_t readlinkat(int dir, const char *path, char *to, size_t size);

/*
 * Decay is off in the arenas of machines, so that what was freed stays dirty, and dirty memory next
 * to other dirty memory becomes one extent. By default jemalloc takes an extent only for sizes from
 * 1/64 of it on: the memory of a removed pgmap would never be used for the next one. 32 is 1/2^32.
 */
const char *malloc_conf = "lg_extent_max_active_fit:32";
const char *malloc_conf_2_conf_harder;

/* The environment variable MALLOC_CONF. */
char *getenv(const char *name)
{
	(void)name;
	return 0;
}

char *secure_getenv(const char *name)
{
	(void)name;
	return 0;
}

/* The symbolic link /etc/malloc.conf. */
ssize_t readlink(const char *path, char *to, size_t size)
{
	(void)path;
	(void)to;
	(void)size;
	return -1;
}

ssize_t readlinkat(int dir, const char *path, char *to, size_t size)
{
	(void)dir;
	return readlink(path, to, size);
}
