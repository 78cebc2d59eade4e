/* SPDX-License-Identifier: MIT */
/*
 * classes.h - lock classes of the author of a scenario, whose order the arena learns
 *
 * The number of a class, which a lock keeps in .cls, is its node: HS_LOCK_CLASS_COUNT and how many
 * classes the arena knew before it, with flags above. The seam's own classes are nodes as well.
 * Part of port/port.h.
 */
#ifndef HS_PORT_CLASSES_H
#define HS_PORT_CLASSES_H

#define HS_USER_CLASSES 48
#define HS_CLASS_NODE 0x7fu
#define HS_CLASS_SPIN 0x80u	  /* of spinlocks */
#define HS_CLASS_UNORDERED 0x100u /* no order is learnt or asserted */

/*
 * The number of the class whose key is @key, the address of its name; with @flags. *out is 0 on
 * error. 0, -EINVAL: no name, -ENOMEM, -ENOSPC: the arena knows HS_USER_CLASSES others. Asserts
 * that the class is always of spinlocks, or never.
 */
int hs_class_number(struct hs_task *self, const char *const *key, uint32_t flags, const char *where,
		    uint32_t *out);
/* The words for a class of either kind. */
const char *hs_lock_name(const struct hs_task *self, uint32_t cls);

/*
 * @self takes a lock of class @cls at @where while it holds @held, and one of the two is not the
 * seam's. Learns that order. Fails the assertion if it closes a cycle.
 */
void hs_class_check_order(struct hs_task *self, const struct hs_held *held, uint32_t cls,
			  const char *where);

/* For the backends: where the arena keeps what it learns. NULL until there is a class. */
struct hs_class_table;
struct hs_class_table **hs_arena_classes(const struct hs_task *self);

#endif
