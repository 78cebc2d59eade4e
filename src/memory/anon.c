/* SPDX-License-Identifier: MIT */
/*
 * anon.c - one struct hs_anon for each address space
 *
 * reduced: struct anon_vma (v6.12, mm/rmap.c): one an mm and not one a VMA, because addresses do
 * not move without mremap(); one mm and no tree, because nothing forks. By predicate it is
 *
 *	in use		.mm != NULL, or its mm ends just now
 *	free		on the list of free ones
 *
 * machine->anon_lock protects the list, and new ones. They live until the machine ends, so that a
 * lookup takes no lock, and a number is used again, last in first out. So the key of a page that
 * outlives its address space may come to name another one: a walk must look whether the entry that
 * it is led to maps the page.
 *
 *	walk				end of the mm
 *	read the key: number 1
 *					no entry maps anything
 *					lock for write, .mm = NULL, unlock
 *					number 1 is free; another mm has it
 *	lock 1 for read: the other mm
 *	  its entry maps another page
 *	unlock
 *
 *	Required outcome: the walk changes no entry of the other mm.
 *	(tests/model/test_migrate_device_model.c: a_walk_is_led_to_another_mm)
 *
 *	walk				end of the mm
 *	lock for read: .mm
 *					tables are freed: root is NULL
 *	  page table lock: no root	lock for write: waits
 *	unlock
 *					.mm = NULL, unlock; drop the mm
 *
 *	Required outcome: the walk touches no table and no mm that is free.
 *	(tests/model/test_migrate_device_model.c: a_walk_against_the_end_of_its_mm)
 *
 * Lock order: the lock of a struct hs_anon comes after the mmap lock and the page lock, and before
 * what drivers take in callbacks and the page table lock.
 */
#include "memory/anon.h"

#include <errno.h>

#define ANON_NUMBERS ((uint64_t)1 << (64 - HS_ANON_PAGE_BITS))

static struct hs_anon *anon_make(struct hs_task *self, struct hs_machine *m)
{
	struct hs_anon *anon;

	hs_assert_spin(self, &m->anon_lock);
	if (m->anon_last + 1 == ANON_NUMBERS)
		return NULL;
	anon = hs_alloc(self, HS_KIND_ANON, sizeof(*anon));
	if (!anon)
		return NULL;
	anon->number = m->anon_last + 1;
	hs_rwsem_init(&anon->lock, HS_LOCK_ANON);
	if (hs_radix_store(self, &m->anons, anon->number, anon->number, anon)) {
		hs_free(self, anon, HS_KIND_ANON, sizeof(*anon));
		return NULL;
	}
	m->anon_last++;
	return anon;
}

int hs_anon_create(struct hs_task *self, struct hs_mm *mm, struct hs_anon **out)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_anon *anon;

	hs_spin_lock(self, &m->anon_lock);
	hs_assert_spin(self, &m->anon_lock);
	anon = m->free_anons;
	if (anon)
		m->free_anons = anon->next;
	else
		anon = anon_make(self, m);
	hs_spin_unlock(self, &m->anon_lock);
	if (!anon)
		return -ENOMEM;
	hs_ptr_store(self, &anon->mm, mm, HS_RELEASE);
	*out = anon;
	return 0;
}

static void anon_release(struct hs_task *self, struct hs_anon *anon)
{
	struct hs_machine *m = hs_machine_of(self);

	hs_spin_lock(self, &m->anon_lock);
	hs_assert_spin(self, &m->anon_lock);
	anon->next = m->free_anons;
	m->free_anons = anon;
	hs_spin_unlock(self, &m->anon_lock);
}

void hs_anon_end(struct hs_task *self, struct hs_anon *anon)
{
	if (HS_BREAK(ANON_FREE_EARLY))
		anon_release(self, anon);
	hs_down_write(self, &anon->lock);
	hs_ptr_store(self, &anon->mm, NULL, HS_RELEASE);
	hs_up_write(self, &anon->lock);
	if (!HS_BREAK(ANON_FREE_EARLY))
		anon_release(self, anon);
}

struct hs_anon *hs_anon_of(struct hs_task *self, uint64_t key)
{
	uint64_t number = key >> HS_ANON_PAGE_BITS;
	struct hs_anon *anon;

	if (!key)
		return NULL;
	anon = hs_radix_load(self, &hs_machine_of(self)->anons, number);
	hs_assert_at(self, HS_HERE, anon, "no address space has had the number %llu",
		     (unsigned long long)number);
	return anon;
}

static void anon_free(struct hs_task *boot, void *entry, void *arg)
{
	(void)arg;
	hs_free(boot, entry, HS_KIND_ANON, sizeof(struct hs_anon));
}

void hs_anon_destroy(struct hs_task *boot, struct hs_machine *machine)
{
	hs_radix_for_each(boot, &machine->anons, anon_free, NULL);
	hs_radix_destroy(boot, &machine->anons);
}
