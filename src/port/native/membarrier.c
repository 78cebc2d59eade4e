/* SPDX-License-Identifier: MIT */
/*
 * membarrier.c (native) - a barrier on every attached thread, in all processes that share an arena
 *
 * Where the kernel offers no membarrier(2), arena.rcu_fence is set and readers fence themselves.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/native/arena.h"

static long membarrier_call(int cmd)
{
	return syscall(SYS_membarrier, cmd, 0, 0);
}

static bool membarrier_is_shared(const struct hs_arena *arena)
{
	return arena->config.shared;
}

int hs_membarrier_register(struct hs_arena *arena)
{
	if (arena->rcu_fence)
		return 0;
	if (membarrier_call(membarrier_is_shared(arena)
				    ? MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
				    : MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED))
		return -ENOSYS;
	return 0;
}

/* The call is a barrier on the caller too. */
void hs_membarrier(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;

	if (arena->rcu_fence)
		hs_fence(self, HS_SEQ_CST);
	else
		membarrier_call(membarrier_is_shared(arena) ? MEMBARRIER_CMD_GLOBAL_EXPEDITED
							    : MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
