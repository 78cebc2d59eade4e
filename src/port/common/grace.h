/* SPDX-License-Identifier: MIT */
/*
 * grace.h - the algorithm of native grace periods, over words of the seam
 *
 * A reader has a word of its own, which is odd in its outermost section. To enter and to leave are
 * plain stores; what orders them is done by the grace period, on behalf of the readers:
 *
 *	reader				updater
 *	word = odd			unlink
 *	(no barrier)			barrier on every reader (membarrier)
 *	load the pointer		word odd: wait until it has changed
 *	word = even (release)		(acquire)
 *					free, or reuse
 *
 *	Required outcome: a reader that still saw the pointer is waited for. If its store of "odd"
 *	is not visible after the barrier, its load comes after the barrier and sees the unlink. What
 *	it did in its section the updater sees afterwards.
 *	(tests/model/test_grace_model.c: grace_period_waits_for_who_saw_the_pointer,
 *	what_a_reader_did_is_seen_afterwards; with threads
 *	tests/stress/test_port_litmus.c:
 *	grace_period_waits_for_a_reader_whose_entry_is_not_visible)
 *
 * In the native port it is all that orders readers; in the explorer it is a model of that port.
 */
#ifndef HS_PORT_COMMON_GRACE_H
#define HS_PORT_COMMON_GRACE_H

/* The words of all readers. Those of a reader that is not there is even. */
struct hs_grace_readers {
	const hs_u32 *first;
	size_t stride; /* bytes */
	uint32_t count;
};

/* Orders what the caller did before it, and every reader. */
void hs_membarrier(struct hs_task *self);

/* @fence: there is no membarrier, and each reader orders itself. */
HS_ALWAYS_INLINE void hs_grace_enter(struct hs_task *self, hs_u32 *word, bool fence)
{
	hs_u32_store(self, word, word->raw + 1, HS_RELAXED);
	if (hs_unlikely(fence))
		hs_fence(self, HS_SEQ_CST);
	__atomic_signal_fence(HS_SEQ_CST);
}

HS_ALWAYS_INLINE void hs_grace_leave(struct hs_task *self, hs_u32 *word)
{
	hs_u32_store(self, word, word->raw + 1, HS_RELEASE);
}

static inline uint32_t hs_grace_look(struct hs_task *self, const struct hs_grace_readers *readers,
				     uint32_t i)
{
	const void *word = (const char *)readers->first + i * readers->stride;

	return hs_u32_load(self, (const hs_u32 *)word, HS_ACQUIRE);
}

/* Notes in @seen what the words of the readers are. */
static inline void hs_grace_begin(struct hs_task *self, const struct hs_grace_readers *readers,
				  uint32_t *seen)
{
	hs_membarrier(self);
	for (uint32_t i = 0; i < readers->count; i++)
		seen[i] = hs_grace_look(self, readers, i);
}

/* Reader @i was in a section when the grace period began, and still is. */
static inline bool hs_grace_waits_for(struct hs_task *self, const struct hs_grace_readers *readers,
				      const uint32_t *seen, uint32_t i)
{
	return (seen[i] & 1) && hs_grace_look(self, readers, i) == seen[i];
}

static inline bool hs_grace_is_over(struct hs_task *self, const struct hs_grace_readers *readers,
				    const uint32_t *seen)
{
	for (uint32_t i = 0; i < readers->count; i++)
		if (hs_grace_waits_for(self, readers, seen, i))
			return false;
	return true;
}

#endif
