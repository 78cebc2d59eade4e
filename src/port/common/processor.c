/* SPDX-License-Identifier: MIT */
/*
 * processor.c - processors that a task keeps until it sleeps
 */
#include "port/port.h"

bool hs_processor_is_free(struct hs_task *self, void *arg)
{
	const struct hs_processor *p = arg;

	return !hs_u32_load(self, &p->task, HS_ACQUIRE);
}

/* A failed exchange means that another task runs there now. */
void hs_processor_take_at(struct hs_task *self, struct hs_processor *p, const char *where)
{
	uint32_t none;
	bool taken;

	if (!p)
		return;
	if (self->processor)
		hs_fail(self, where, "the task has a processor already");
	do {
		hs_spin_until_at(self, hs_processor_is_free, p, where);
		none = 0;
		hs_site(self, where);
		taken = hs_u32_cmpxchg(self, &p->task, &none, hs_task_id(self) + 1, HS_ACQUIRE);
		hs_site(self, NULL);
	} while (!taken);
	self->processor = p;
}

struct hs_processor *hs_processor_leave_at(struct hs_task *self, const char *where)
{
	struct hs_processor *p = self->processor;

	if (!p)
		return NULL;
	self->processor = NULL;
	hs_site(self, where);
	hs_u32_store(self, &p->task, 0, HS_RELEASE);
	hs_site(self, NULL);
	return p;
}

void hs_sleep_until_at(struct hs_task *self, hs_pred pred, void *arg, const char *where)
{
	struct hs_processor *p = NULL;

	if (self->processor) {
		if (pred(self, arg))
			return;
		p = hs_processor_leave_at(self, where);
	}
	hs_spin_until_at(self, pred, arg, where);
	hs_processor_take_at(self, p, where);
}
