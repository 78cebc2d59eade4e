/* SPDX-License-Identifier: MIT */
/*
 * shim_code.h - functions that use each primitive of the shim as kernel code does
 */
#ifndef HS_KERNEL_SHIM_CODE_H
#define HS_KERNEL_SHIM_CODE_H

struct shim_objects;

/* On the boot task, before and after the others. */
void shim_begin(struct shim_objects *o);
void shim_end(struct shim_objects *o);
unsigned long shim_objects_size(void);
/* What the last function of a row left, for its check. */
unsigned long shim_result(const struct shim_objects *o);

typedef void shim_fn(struct shim_objects *o);

shim_fn shim_count_locked, shim_count_static, shim_count_plain, shim_count_written;
shim_fn shim_read_pair, shim_write_pair;
shim_fn shim_wait_for_flag, shim_set_flag, shim_set_flag_silently, shim_wait_locked,
	shim_set_locked;
shim_fn shim_read_published, shim_replace, shim_replace_at_once, shim_replace_later;
shim_fn shim_read_sleepable, shim_read_nested, shim_read_asleep, shim_replace_sleepable;
shim_fn shim_write_in_section, shim_look_behind_section;
shim_fn shim_synchronize_in_section, shim_leave_no_section, shim_call_sleepable;
shim_fn shim_leak, shim_free_twice, shim_look_zeroed;
shim_fn shim_add_cpu, shim_sum_cpus;
shim_fn shim_get_unless_zero, shim_put_to_zero, shim_inc_dec;
shim_fn shim_publish_once, shim_publish_release, shim_consume_once, shim_consume_acquire;
shim_fn shim_publish_pointer, shim_publish_fence, shim_consume_pointer;
shim_fn shim_fenced_one, shim_fenced_two;
shim_fn shim_warns, shim_dies, shim_sleeps_locked, shim_asserts_held, shim_asserts_held_not;
shim_fn shim_poisons, shim_errors;

#endif
