/* SPDX-License-Identifier: MIT */
/*
 * waits.c - wait queues, completions, retries and the clock for the author of a scenario
 *
 * reduced: wait_event(), wake_up_all(), complete_all(); the seam says how (port/port.h).
 */
#include <hmmsim/sync.h>

#include "port/port.h"

#define WAITS_SAME(mine, seam)                                                           \
	_Static_assert(sizeof(mine) == sizeof(seam) && _Alignof(mine) == _Alignof(seam), \
		       "a public object is one of the seam")

WAITS_SAME(struct hs_sync_waitq, struct hs_waitq);
WAITS_SAME(struct hs_sync_completion, hs_u32);

#define WAITS_DONE 1u

void hs_sync_waitq_init_at(struct hs_sync_waitq *queue, const char *where)
{
	hs_note_place(where);
	hs_waitq_init((struct hs_waitq *)queue);
}

void hs_sync_wait_at(struct hs_task *self, struct hs_sync_waitq *queue, hs_sync_pred pred,
		     void *arg, const char *where)
{
	hs_wait_event_at(self, (struct hs_waitq *)queue, pred, arg, where);
}

bool hs_sync_wait_until_at(struct hs_task *self, struct hs_sync_waitq *queue, hs_sync_pred pred,
			   void *arg, uint64_t deadline, const char *where)
{
	return hs_wait_event_until_at(self, (struct hs_waitq *)queue, pred, arg, deadline, where);
}

void hs_sync_wake_all_at(struct hs_task *self, struct hs_sync_waitq *queue, const char *where)
{
	hs_wake_all_at(self, (struct hs_waitq *)queue, where);
}

void hs_sync_completion_init_at(struct hs_sync_completion *completion, const char *where)
{
	hs_note_place(where);
	hs_u32_init((hs_u32 *)completion, 0);
}

void hs_sync_complete_at(struct hs_task *self, struct hs_sync_completion *completion,
			 const char *where)
{
	hs_complete_at(self, NULL, (hs_u32 *)completion, WAITS_DONE, where);
}

void hs_sync_wait_for_completion_at(struct hs_task *self, struct hs_sync_completion *completion,
				    const char *where)
{
	hs_wait_for_completion_at(self, NULL, (hs_u32 *)completion, WAITS_DONE, where);
}

void hs_sync_retry_wait_at(struct hs_task *self, const char *why)
{
	hs_retry_wait_at(self, why, why);
}

uint64_t hs_sync_ticks_at(struct hs_task *self, const char *where)
{
	return hs_ticks_at(self, where);
}

void hs_sync_ticks_advance_at(struct hs_task *self, uint64_t ticks, const char *where)
{
	hs_ticks_advance_at(self, ticks, where);
}
