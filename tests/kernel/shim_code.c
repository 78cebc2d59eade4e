/* SPDX-License-Identifier: MIT */
/*
 * shim_code.c - functions that use each primitive of the shim as kernel code does
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>

#include "shim_code.h"

struct shim_node {
	unsigned long value;
	struct hlist_node link;
	struct rcu_head rcu;
};

struct shim_objects {
	spinlock_t lock;
	struct rw_semaphore sem;
	wait_queue_head_t queue;
	struct shim_node *node;
	unsigned long *counter;
	atomic_t small;
	atomic_long_t large;
	struct hlist_head list;
	unsigned long count, one, two, flag, result;
};

static DEFINE_SPINLOCK(static_lock);
DEFINE_STATIC_SRCU(srcu);

unsigned long shim_objects_size(void)
{
	return sizeof(struct shim_objects);
}

unsigned long shim_result(const struct shim_objects *o)
{
	return o->result;
}

void shim_begin(struct shim_objects *o)
{
	static const struct shim_class sem_class = { "a semaphore" };

	spin_lock_init(&o->lock);
	shim_rwsem_init(&o->sem, &sem_class);
	init_waitqueue_head(&o->queue);
	o->node = kzalloc(sizeof(*o->node), GFP_KERNEL);
	o->counter = __alloc_percpu_gfp(sizeof(*o->counter), 8, GFP_KERNEL);
	o->node->value = 1;
	atomic_set(&o->small, 1);
	atomic_long_set(&o->large, 2);
}

void shim_end(struct shim_objects *o)
{
	kfree(o->node);
	kfree(NULL);
	free_percpu(o->counter);
}

/* ---- locks ------------------------------------------------------------------------------- */

void shim_count_locked(struct shim_objects *o)
{
	spin_lock(&o->lock);
	o->result++;
	spin_unlock(&o->lock);
}

void shim_count_static(struct shim_objects *o)
{
	unsigned long flags;

	spin_lock_irqsave(&static_lock, flags);
	o->result++;
	spin_unlock_irqrestore(&static_lock, flags);
}

void shim_count_plain(struct shim_objects *o)
{
	o->result++;
}

void shim_count_written(struct shim_objects *o)
{
	shim_down_write(&o->sem, SHIM_HERE);
	WARN_ON(!shim_held_write(&o->sem));
	o->result++;
	shim_up_write(&o->sem, SHIM_HERE);
}

/* Halves that differ: the reader has come between. */
void shim_read_pair(struct shim_objects *o)
{
	shim_down_read(&o->sem, SHIM_HERE);
	o->result |= o->one != o->two;
	shim_up_read(&o->sem, SHIM_HERE);
}

void shim_write_pair(struct shim_objects *o)
{
	shim_down_write(&o->sem, SHIM_HERE);
	o->one++;
	o->two++;
	shim_up_write(&o->sem, SHIM_HERE);
}

/* ---- waiting ----------------------------------------------------------------------------- */

void shim_wait_for_flag(struct shim_objects *o)
{
	wait_event(o->queue, READ_ONCE(o->flag));
	o->result = 1;
}

void shim_set_flag(struct shim_objects *o)
{
	WRITE_ONCE(o->flag, 1);
	wake_up_all(&o->queue);
}

void shim_set_flag_silently(struct shim_objects *o)
{
	WRITE_ONCE(o->flag, 1);
}

void shim_wait_locked(struct shim_objects *o)
{
	spin_lock(&o->lock);
	wait_event_lock_irq(o->queue, o->flag, o->lock);
	o->flag++;
	o->result = o->flag;
	spin_unlock(&o->lock);
}

void shim_set_locked(struct shim_objects *o)
{
	spin_lock(&o->lock);
	o->flag++;
	spin_unlock(&o->lock);
	wake_up_all(&o->queue);
}

/* ---- RCU and memory ---------------------------------------------------------------------- */

void shim_read_published(struct shim_objects *o)
{
	struct shim_node *n;

	rcu_read_lock();
	n = rcu_dereference(o->node);
	if (n)
		o->result += n->value;
	rcu_read_unlock();
}

static struct shim_node *shim_take_node(struct shim_objects *o)
{
	struct shim_node *old = o->node;

	rcu_assign_pointer(o->node, NULL);
	return old;
}

void shim_replace(struct shim_objects *o)
{
	struct shim_node *old = shim_take_node(o);

	synchronize_rcu();
	kfree(old);
}

void shim_replace_at_once(struct shim_objects *o)
{
	kfree(shim_take_node(o));
}

static void shim_free_node(struct rcu_head *head)
{
	kfree(container_of(head, struct shim_node, rcu));
}

void shim_replace_later(struct shim_objects *o)
{
	struct shim_node *old = shim_take_node(o);

	call_rcu(&old->rcu, shim_free_node);
}

static unsigned long shim_value_of(const struct shim_node *n)
{
	return n ? n->value : 0;
}

void shim_read_sleepable(struct shim_objects *o)
{
	int index = srcu_read_lock(&srcu);

	o->result += shim_value_of(rcu_dereference(o->node));
	srcu_read_unlock(&srcu, index);
}

/* The section is that of the outer one. */
void shim_read_nested(struct shim_objects *o)
{
	int index = srcu_read_lock(&srcu);

	WARN_ON(!srcu_read_lock_held(&srcu));
	shim_read_sleepable(o);
	WARN_ON(!srcu_read_lock_held(&srcu));
	o->result += shim_value_of(rcu_dereference(o->node));
	srcu_read_unlock(&srcu, index);
	WARN_ON(srcu_read_lock_held(&srcu));
}

/* It sleeps in the section until the other task, which does not wait, has taken the node. */
void shim_read_asleep(struct shim_objects *o)
{
	int index = srcu_read_lock(&srcu);
	struct shim_node *n = rcu_dereference(o->node);

	wait_event(o->queue, READ_ONCE(o->flag));
	o->result += shim_value_of(n);
	srcu_read_unlock(&srcu, index);
}

void shim_replace_sleepable(struct shim_objects *o)
{
	struct shim_node *old = shim_take_node(o);

	WRITE_ONCE(o->flag, 1);
	wake_up_all(&o->queue);
	synchronize_srcu(&srcu);
	kfree(old);
}

void shim_write_in_section(struct shim_objects *o)
{
	int index = srcu_read_lock(&srcu);

	WRITE_ONCE(o->one, 1);
	WRITE_ONCE(o->two, 1);
	srcu_read_unlock(&srcu, index);
}

/* What a section that has begun writes is there when it has ended. */
void shim_look_behind_section(struct shim_objects *o)
{
	unsigned long begun = READ_ONCE(o->one);

	synchronize_srcu(&srcu);
	o->result = begun && !READ_ONCE(o->two);
}

void shim_synchronize_in_section(struct shim_objects *o)
{
	int index = srcu_read_lock(&srcu);

	synchronize_srcu(&srcu);
	srcu_read_unlock(&srcu, index);
	o->result = 1;
}

void shim_leave_no_section(struct shim_objects *o)
{
	srcu_read_unlock(&srcu, 0);
	o->result = 1;
}

static void shim_call_free(struct rcu_head *head)
{
	kfree(head);
}

void shim_call_sleepable(struct shim_objects *o)
{
	call_srcu(&srcu, &o->node->rcu, shim_call_free);
}

void shim_leak(struct shim_objects *o)
{
	o->result = kzalloc(8, GFP_KERNEL) != NULL;
}

void shim_free_twice(struct shim_objects *o)
{
	kfree(o->node);
	kfree(o->node);
}

void shim_look_zeroed(struct shim_objects *o)
{
	struct shim_node *n = kzalloc(sizeof(*n), GFP_KERNEL);

	o->result = n->value || n->link.next;
	kfree(n);
}

/* ---- CPUs -------------------------------------------------------------------------------- */

void shim_add_cpu(struct shim_objects *o)
{
	rcu_read_lock();
	this_cpu_add(*o->counter, 5);
	this_cpu_sub(*o->counter, 1);
	this_cpu_inc(*o->counter);
	rcu_read_unlock();
}

void shim_sum_cpus(struct shim_objects *o)
{
	unsigned long used = 0;
	int cpu;

	for_each_possible_cpu(cpu)
	{
		o->result += *per_cpu_ptr(o->counter, cpu);
		used += *per_cpu_ptr(o->counter, cpu) != 0;
	}
	o->result += 20 * used;
}

/* ---- atomics ----------------------------------------------------------------------------- */

void shim_get_unless_zero(struct shim_objects *o)
{
	if (atomic_long_inc_not_zero(&o->large) && atomic_long_sub_and_test(1, &o->large))
		o->result++;
}

void shim_put_to_zero(struct shim_objects *o)
{
	if (atomic_long_sub_and_test(2, &o->large))
		o->result++;
}

void shim_inc_dec(struct shim_objects *o)
{
	atomic_inc(&o->small);
	WARN_ON(atomic_dec_and_test(&o->small));
	o->result = atomic_read(&o->small);
}

void shim_publish_once(struct shim_objects *o)
{
	WRITE_ONCE(o->one, 1);
	WRITE_ONCE(o->flag, 1);
}

void shim_publish_release(struct shim_objects *o)
{
	WRITE_ONCE(o->one, 1);
	smp_store_release(&o->flag, 1);
}

void shim_consume_once(struct shim_objects *o)
{
	if (READ_ONCE(o->flag))
		o->result = !READ_ONCE(o->one);
}

void shim_consume_acquire(struct shim_objects *o)
{
	if (smp_load_acquire(&o->flag))
		o->result = !READ_ONCE(o->one);
}

void shim_publish_pointer(struct shim_objects *o)
{
	WRITE_ONCE(o->one, 1);
	rcu_assign_pointer(o->list.first, &o->node->link);
}

void shim_publish_fence(struct shim_objects *o)
{
	WRITE_ONCE(o->one, 1);
	smp_wmb();
	WRITE_ONCE(o->list.first, &o->node->link);
}

void shim_consume_pointer(struct shim_objects *o)
{
	if (rcu_dereference(o->list.first))
		o->result = !READ_ONCE(o->one);
}

/* Both read 0: no barrier has ordered the write before the read. */
void shim_fenced_one(struct shim_objects *o)
{
	WRITE_ONCE(o->one, 1);
	smp_mb();
	if (!READ_ONCE(o->two))
		atomic_inc(&o->small);
}

void shim_fenced_two(struct shim_objects *o)
{
	WRITE_ONCE(o->two, 1);
	smp_mb();
	if (!READ_ONCE(o->one))
		atomic_inc(&o->small);
}

/* ---- what must not happen ---------------------------------------------------------------- */

void shim_warns(struct shim_objects *o)
{
	o->result = WARN_ON(o->result == 0);
}

void shim_dies(struct shim_objects *o)
{
	BUG_ON(o->result == 0);
}

void shim_sleeps_locked(struct shim_objects *o)
{
	spin_lock(&o->lock);
	might_sleep();
	spin_unlock(&o->lock);
}

void shim_asserts_held(struct shim_objects *o)
{
	spin_lock(&o->lock);
	lockdep_assert_held(&o->lock);
	spin_unlock(&o->lock);
}

void shim_asserts_held_not(struct shim_objects *o)
{
	lockdep_assert_held(&o->lock);
}

void shim_poisons(struct shim_objects *o)
{
	hlist_add_head_rcu(&o->node->link, &o->list);
	hlist_del_rcu(&o->node->link);
	hlist_del_rcu(&o->node->link);
}

void shim_errors(struct shim_objects *o)
{
	void *error = ERR_PTR(-ENOMEM);

	o->result = IS_ERR(error) && PTR_ERR(error) == -ENOMEM && !IS_ERR(o);
}
