/* SPDX-License-Identifier: MIT */
/*
 * rcu.h - RCU
 */
#ifndef HS_SHIM_RCU_H
#define HS_SHIM_RCU_H

#include "shim/explored.h"

struct rcu_head {
	void *opaque[3];
	void (*func)(struct rcu_head *head);
};

void shim_rcu_read_lock(const char *where);
void shim_rcu_read_unlock(const char *where);
bool shim_rcu_held(void);
void shim_synchronize_rcu(const char *where);
void shim_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head), const char *where);

#define rcu_read_lock() shim_rcu_read_lock(SHIM_HERE)
#define rcu_read_unlock() shim_rcu_read_unlock(SHIM_HERE)
#define rcu_read_lock_held() shim_rcu_held()
#define rcu_read_lock_any_held() shim_rcu_held()
#define synchronize_rcu() shim_synchronize_rcu(SHIM_HERE)
#define call_rcu(head, func) shim_call_rcu((head), (func), SHIM_HERE)
#define call_rcu_hurry(head, func) call_rcu(head, func)
#define RCU_LOCKDEP_WARN(condition, text) ((void)WARN_ON(condition))

/* An address that was read is used after the read: stronger than that, as an acquire. */
#define rcu_dereference(p) smp_load_acquire(&(p))
#define rcu_dereference_raw(p) smp_load_acquire(&(p))
#define rcu_dereference_check(p, condition) smp_load_acquire(&(p))
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, value) smp_store_release(&(p), (value))
#define RCU_INIT_POINTER(p, value) WRITE_ONCE((p), (value))

#endif
