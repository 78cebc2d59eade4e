/* SPDX-License-Identifier: MIT */
/*
 * names.c - what reports call an address, a word, a value
 *
 * What is freed is read as well, because a freed object keeps what it held; ASan must not see it.
 */
#include "explore/names.h"

#include <stdio.h>
#include <string.h>

#include "device/dmirror.h"
#include "explore/fields.h"
#include "memory/memory.h"
#include "pgmap/pgmap.h"
#include "port/explore/arena.h"
#include <hmmsim/mm.h>

#define NAMES_FIRST_PAGES 65536u /* no pointer leads there */

static bool names_in_machine(const struct hs_sched *s, uintptr_t addr)
{
	return addr - (uintptr_t)s->region < HS_ARENA_BYTES;
}

static void names_add_offset(size_t offset, char text[HS_NAME_MAX])
{
	size_t used = strlen(text);

	if (offset)
		snprintf(text + used, HS_NAME_MAX - used, "+0x%zx", offset);
}

/* ---- outside the machine ------------------------------------------------------------------ */

/*
 * A value that is an address of the program. A word of 64 bits that is no pointer may hold one; a
 * number that looks like one has the name of an address then, the same on every run.
 */
static bool names_is_foreign(const struct hs_sched *s, bool pointer, uint64_t value)
{
	if (names_in_machine(s, value))
		return false;
	if (pointer)
		return value >= NAMES_FIRST_PAGES;
	return hs_value_is_address(s, value);
}

/* The task that has @addr on its stack, or in what the scheduler keeps of it. NULL: none. */
static const struct hs_task *names_task(const struct hs_sched *s, uintptr_t addr, bool *stack)
{
	for (uint32_t i = 0; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		*stack = i && addr - (uintptr_t)t->fiber.stack < t->fiber.size;
		if (*stack || addr - (uintptr_t)t < sizeof(*t))
			return t;
	}
	return NULL;
}

/* Foreign data, and what the scenario named with hs_plan_data(), by number. False: none of it. */
static bool names_data(const struct hs_sched *s, uintptr_t addr, char text[HS_NAME_MAX])
{
	for (uint32_t i = 0; i < s->data_count; i++) {
		size_t offset = addr - (uintptr_t)s->data[i].start;

		if (offset >= s->data[i].size)
			continue;
		snprintf(text, HS_NAME_MAX, i < s->foreign_count ? "foreign data %u" : "data %u",
			 i < s->foreign_count ? i : i - s->foreign_count);
		names_add_offset(offset, text);
		return true;
	}
	return false;
}

static void names_meet(struct hs_names *n, uintptr_t addr)
{
	for (uint32_t i = 0; i < n->count; i++)
		if (n->foreign[i] == addr)
			return;
	if (n->count < HS_NAMES_FOREIGN)
		n->foreign[n->count++] = addr;
}

void hs_names_begin(struct hs_names *n, const struct hs_sched *s)
{
	n->sched = s;
	n->count = 0;
	for (uint32_t i = 0; i < s->decisions; i++) {
		const struct hs_repeat_note *note = &s->repeat.note[i];

		if (s->schedule[i] & HS_CHOICE)
			continue;
		if (names_is_foreign(s, true, (uintptr_t)note->addr))
			names_meet(n, (uintptr_t)note->addr);
		if (names_is_foreign(s, note->detail & HS_DETAIL_POINTER, note->value))
			names_meet(n, note->value);
	}
}

static void names_foreign(const struct hs_names *n, uintptr_t addr, char text[HS_NAME_MAX])
{
	const struct hs_sched *s = n->sched;
	bool stack;
	const struct hs_task *t = names_task(s, addr, &stack);
	size_t used;

	if (addr < NAMES_FIRST_PAGES) {
		snprintf(text, HS_NAME_MAX, "NULL");
		names_add_offset(addr, text);
		return;
	}
	if (t && !stack) {
		snprintf(text, HS_NAME_MAX, "task %s", t->name);
		return;
	}
	if (names_data(s, addr, text))
		return;
	if (t)
		snprintf(text, HS_NAME_MAX, "stack of %s", t->name);
	else
		snprintf(text, HS_NAME_MAX, "own memory");
	used = strlen(text);
	for (uint32_t i = 0; i < n->count; i++)
		if (n->foreign[i] == addr)
			snprintf(text + used, HS_NAME_MAX - used, " #%u", i + 1);
}

/* ---- objects ------------------------------------------------------------------------------ */

/* What its author calls an object. */
static const char *names_kind(const struct hs_birth *b)
{
	return b->name ? b->name : hs_kind_name((enum hs_kind)b->kind);
}

/* The author's own name of the object as a whole. NULL: it has none. */
static const struct hs_label *names_whole_label(const struct hs_sched *s, const struct hs_birth *b)
{
	size_t head = b->kind == HS_KIND_TRACKED ? HS_TRACKED_HEAD : 0;

	for (uint32_t i = 0; i < s->label_count; i++) {
		const struct hs_label *l = &s->label[i];

		if (l->start == b->start + head && l->size == b->size - head)
			return l;
	}
	return NULL;
}

/* "pgmap 0"; there is one machine, and one state. */
void hs_name_object(const struct hs_names *n, const struct hs_birth *b, char text[HS_NAME_MAX])
{
	const struct hs_label *label = names_whole_label(n->sched, b);

	if (label)
		snprintf(text, HS_NAME_MAX, "%.31s", label->name);
	else if (b->kind == HS_KIND_SCENARIO || b->kind == HS_KIND_MACHINE)
		snprintf(text, HS_NAME_MAX, "%s", names_kind(b));
	else
		snprintf(text, HS_NAME_MAX, "%s %u", names_kind(b),
			 hs_births_number(&n->sched->births, b));
}

/* A page of a memmap is named by its pfn, which its struct keeps. Extensions are behind structs. */
HS_NO_ASAN static void names_page(const struct hs_birth *b, size_t offset, bool word,
				  char text[HS_NAME_MAX])
{
	size_t pages = hs_memmap_pages(b->size) * sizeof(struct hs_page);
	bool ext = offset >= pages;
	size_t from = ext ? pages : 0, used;
	size_t size = ext ? sizeof(struct hs_page_ext) : sizeof(struct hs_page);
	size_t at = (offset - from) % size;
	const struct hs_page *page = (const struct hs_page *)b->start + (offset - from) / size;

	snprintf(text, HS_NAME_MAX, "page 0x%x", page->pfn);
	used = strlen(text);
	if (!word && !at && !ext)
		return;
	if (!hs_field_print(ext ? HS_KIND_PAGE_EXT : HS_KIND_PAGE, at, text + used,
			    HS_NAME_MAX - used))
		names_add_offset(at, text);
}

static void names_word_of(const struct hs_names *n, const struct hs_birth *b, size_t offset,
			  char text[HS_NAME_MAX])
{
	size_t used;

	if (b->kind == HS_KIND_MEMMAP) {
		names_page(b, offset, true, text);
		return;
	}
	hs_name_object(n, b, text);
	used = strlen(text);
	if (b->kind == HS_KIND_TRACKED)
		names_add_offset(offset - HS_TRACKED_HEAD, text);
	else if (!hs_field_print((enum hs_kind)b->kind, offset, text + used, HS_NAME_MAX - used))
		names_add_offset(offset, text);
}

/*
 * The author's own name, of the smallest piece that has one. False: there is none, or it is the
 * name of an object as a whole, whose words have names of their own.
 */
static bool names_label(const struct hs_sched *s, const struct hs_birth *b, uintptr_t addr,
			char text[HS_NAME_MAX])
{
	const struct hs_label *best = hs_label_of(s, addr);

	if (!best || (b && best == names_whole_label(s, b)))
		return false;
	hs_label_print(best, addr, text, HS_NAME_MAX);
	return true;
}

void hs_name_word(const struct hs_names *n, uintptr_t addr, char text[HS_NAME_MAX])
{
	const struct hs_birth *b = hs_births_find(&n->sched->births, addr);

	if (names_label(n->sched, b, addr, text))
		return;
	if (b)
		names_word_of(n, b, addr - b->start, text);
	else if (names_in_machine(n->sched, addr))
		hs_arena_name_word(n->sched->arena, addr, text, HS_NAME_MAX);
	else
		names_foreign(n, addr, text);
}

void hs_name_target(const struct hs_names *n, uintptr_t addr, char text[HS_NAME_MAX])
{
	const struct hs_birth *b = hs_births_find(&n->sched->births, addr);

	if (b && b->kind == HS_KIND_TRACKED && addr == b->start + HS_TRACKED_HEAD)
		addr = b->start;
	if (b && b->kind == HS_KIND_MEMMAP) {
		names_page(b, addr - b->start, false, text);
	} else if (b && addr - b->start < HS_GRANULE / 2) {
		hs_name_object(n, b, text);
		names_add_offset(addr - b->start, text);
	} else {
		hs_name_word(n, addr, text);
	}
}

void hs_name_whole(const struct hs_names *n, uintptr_t addr, char text[HS_NAME_MAX])
{
	const struct hs_birth *b = hs_births_find(&n->sched->births, addr);

	if (b && b->start == addr)
		hs_name_object(n, b, text);
	else
		hs_name_target(n, addr, text);
}

/* ---- values ------------------------------------------------------------------------------- */

static void names_number(uint64_t value, char text[HS_NAME_MAX])
{
	snprintf(text, HS_NAME_MAX, value > 9 ? "0x%llx" : "%llu", (unsigned long long)value);
}

static const char *const names_types[HS_TYPE_COUNT] = {
	[HS_TYPE_NORMAL] = "",
	[HS_TYPE_ZERO] = " zero",
	[HS_TYPE_PROTNONE] = " prot-none",
	[HS_TYPE_SWAP] = " swap",
	[HS_TYPE_MIGRATION] = " migration",
	[HS_TYPE_EXCLUSIVE] = " exclusive",
	[HS_TYPE_HWPOISON] = " hwpoison",
	[HS_TYPE_MARKER] = " marker",
	[HS_TYPE_POISON] = " poison",
	[HS_TYPE_BAD] = " bad",
};

/* An entry of a page table: "pfn 0x8 valid devmap", "page table 1", "swap slot 0". */
static void names_entry(const struct hs_names *n, uint64_t entry, char text[HS_NAME_MAX])
{
	static const struct {
		uint64_t bit;
		const char *name;
	} bits[] = {
		{ HS_ENTRY_VALID, " valid" },	  { HS_ENTRY_WRITE, " write" },
		{ HS_ENTRY_ERROR, " error" },	  { HS_ENTRY_DEVMAP, " devmap" },
		{ HS_ENTRY_DEVPRIV, " devpriv" }, { HS_ENTRY_COUNTED, " counted" },
	};
	unsigned int order = (unsigned int)((entry & HS_ENTRY_ORDER) >> HS_ENTRY_ORDER_SHIFT);
	enum hs_entry_type type = hs_entry_type(entry);
	size_t used;

	if (entry & HS_ENTRY_TABLE) {
		hs_name_target(n, entry & HS_ENTRY_TABLE_ADDR, text);
		return;
	}
	if (type == HS_TYPE_SWAP && entry & HS_ENTRY_COUNTED) {
		snprintf(text, HS_NAME_MAX, "swap slot %llu",
			 (unsigned long long)hs_entry_pfn(entry));
		return;
	}
	snprintf(text, HS_NAME_MAX, "pfn 0x%llx", (unsigned long long)hs_entry_pfn(entry));
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		used = strlen(text);
		if (entry & bits[i].bit)
			snprintf(text + used, HS_NAME_MAX - used, "%s", bits[i].name);
	}
	used = strlen(text);
	if (order)
		snprintf(text + used, HS_NAME_MAX - used, " order %u", order);
	used = strlen(text);
	if ((unsigned int)type < HS_TYPE_COUNT)
		snprintf(text + used, HS_NAME_MAX - used, "%s", names_types[type]);
	else
		snprintf(text + used, HS_NAME_MAX - used, " type %u", (unsigned int)type);
}

/* Words of devices are as entries of tables: valid, write, a pfn. */
static bool names_is_entry(const struct hs_sched *s, uintptr_t addr)
{
	const struct hs_birth *b = hs_births_find(&s->births, addr);
	const struct hs_label *label = hs_label_of(s, addr);

	if (b && b->kind == HS_KIND_DEVICE && addr - b->start >= offsetof(struct hs_dmirror, table))
		return true;
	return (b && b->kind == HS_KIND_TABLE) || (label && label->step);
}

void hs_name_value(const struct hs_names *n, uintptr_t addr, bool pointer, uint64_t value,
		   char text[HS_NAME_MAX])
{
	if (!value)
		snprintf(text, HS_NAME_MAX, pointer ? "NULL" : "0");
	else if (names_is_entry(n->sched, addr))
		names_entry(n, value, text);
	else if (names_in_machine(n->sched, value))
		hs_name_target(n, value, text);
	else if (names_is_foreign(n->sched, pointer, value))
		names_foreign(n, value, text);
	else
		names_number(value, text);
}

/* ---- extents ------------------------------------------------------------------------------ */

HS_NO_ASAN void hs_name_extent(const struct hs_names *n, const struct hs_birth *b,
			       char text[HS_NAME_MAX])
{
	const void *object = (const void *)b->start;
	const struct hs_pgmap *pgmap = object;
	const struct hs_page *page = object;
	const struct hs_vma *vma = object;
	unsigned long long first = 0, end = 0;
	const char *what = "pfns";

	(void)n;
	if (b->kind == HS_KIND_PGMAP) {
		first = pgmap->start;
		end = pgmap->end;
	} else if (b->kind == HS_KIND_MEMMAP) {
		what = "struct pages of pfns";
		first = page->pfn;
		end = first + hs_memmap_pages(b->size);
	} else if (b->kind == HS_KIND_VMA) {
		what = "addresses";
		first = vma->start;
		end = vma->end;
	}
	text[0] = '\0';
	if (end > first)
		snprintf(text, HS_NAME_MAX, ", %s 0x%llx..0x%llx", what, first, end - 1);
}

/* Some step of the execution has read the word. */
void hs_name_print_word(const struct hs_sched *s, uintptr_t addr, uint64_t value, char *text,
			size_t size)
{
	struct hs_names names;
	char name[HS_NAME_MAX], held[HS_NAME_MAX];
	bool pointer = false;

	hs_names_begin(&names, s);
	for (uint32_t i = 0; i < s->decisions && !pointer; i++)
		pointer = (uintptr_t)s->repeat.note[i].addr == addr &&
			  s->repeat.note[i].detail & HS_DETAIL_POINTER;
	hs_name_word(&names, addr, name);
	hs_name_value(&names, addr, pointer, value, held);
	snprintf(text, size, "%s is %s", name, held);
}
