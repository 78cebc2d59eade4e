/* SPDX-License-Identifier: MIT */
/*
 * planted.h - the driver of two_locks.c
 */
#ifndef PLANTED_H
#define PLANTED_H

#include <errno.h>

#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

/* Of a list. */
struct request {
	struct request *next;
};

struct driver {
	struct hs_sync_mutex lock[2];
	struct hs_sync_u32 count;   /* requests in the ring */
	struct hs_sync_ptr current; /* the request that the device works on */
};

int driver_init(struct hs_task *self, struct driver *d);
void driver_name(struct hs_plan *plan, struct driver *d);
void driver_end(struct hs_task *self, struct driver *d);

/* What its tasks run. */
void submit(struct hs_task *self, void *driver);
void copy_up(struct hs_task *self, void *driver);
void copy_down(struct hs_task *self, void *driver);
void complete_request(struct hs_task *self, void *driver);
void cancel_request(struct hs_task *self, void *driver);
void poll_ring(struct hs_task *self, void *driver);
void try_copy_up(struct hs_task *self, void *driver);
void try_copy_down(struct hs_task *self, void *driver);
void count_requests(struct hs_task *self, void *driver);

#endif
