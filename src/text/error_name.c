/* SPDX-License-Identifier: MIT */
/*
 * error_name.c - the names of errors
 */
#include "text/error_name.h"

#include <errno.h>

#define NAME(error) [error] = "-" #error

static const char *const error_names[] = {
	NAME(EPERM),	 NAME(ENOENT),	  NAME(ESRCH),	   NAME(EINTR),	    NAME(EIO),
	NAME(ENXIO),	 NAME(E2BIG),	  NAME(EBADF),	   NAME(ECHILD),    NAME(EAGAIN),
	NAME(ENOMEM),	 NAME(EACCES),	  NAME(EFAULT),	   NAME(EBUSY),	    NAME(EEXIST),
	NAME(EXDEV),	 NAME(ENODEV),	  NAME(ENOTDIR),   NAME(EISDIR),    NAME(EINVAL),
	NAME(ENFILE),	 NAME(EMFILE),	  NAME(EFBIG),	   NAME(ENOSPC),    NAME(EROFS),
	NAME(EPIPE),	 NAME(EDOM),	  NAME(ERANGE),	   NAME(EDEADLK),   NAME(ENAMETOOLONG),
	NAME(ENOSYS),	 NAME(ELOOP),	  NAME(ENODATA),   NAME(EOVERFLOW), NAME(EOPNOTSUPP),
	NAME(EALREADY),	 NAME(ENOTEMPTY), NAME(ETIMEDOUT), NAME(ECANCELED), NAME(EOWNERDEAD),
	NAME(EHWPOISON),
};

const char *hs_error_name(long error)
{
	const long count = (long)(sizeof(error_names) / sizeof(error_names[0]));

	return error < 0 && error > -count ? error_names[-error] : NULL;
}

const char *hs_error_word(long error)
{
	const char *name = hs_error_name(error);

	return name ? name : "?";
}

void hs_out_error(struct hs_out *out, long value)
{
	const char *name = hs_error_name(value);

	if (name)
		hs_out_text(out, name);
	else
		hs_out_signed(out, value);
}
