/* SPDX-License-Identifier: MIT */
/* What migrations can meet, by name: each of it must be met often enough. */
#include "conformance/mm_model_migrate.h"

const char *const mm_reached_names[REACHED_TABLES] = {
	[REACHED_COLLECT] = "an entry, at setup",   [REACHED_REFUSE] = "setup refused",
	[REACHED_RANGE] = "a page of a device",	    [REACHED_DECIDE] = "a slot, at pages",
	[REACHED_FINALIZE] = "a slot, at finalize", [REACHED_FAULT] = "the page of a fault",
};

static const char *const rows[REACHED_TABLES][REACHED_ROWS] = {
	[REACHED_COLLECT] = { [ENTRY_NONE] = "none",
			      [ENTRY_ZERO] = "zero page",
			      [ENTRY_ZERO_PROTNONE] = "zero page, prot-none",
			      [ENTRY_SYSTEM] = "system page",
			      [ENTRY_SYSTEM_PROTNONE] = "system page, prot-none",
			      [ENTRY_COHERENT] = "coherent page",
			      [ENTRY_COHERENT_PROTNONE] = "coherent, prot-none",
			      [ENTRY_PRIVATE] = "private page",
			      [ENTRY_SWAP] = "swap",
			      [ENTRY_MIGRATION] = "migration",
			      [ENTRY_EXCLUSIVE] = "exclusive",
			      [ENTRY_HWPOISON] = "hwpoison" },
	[REACHED_REFUSE] = { "setup" },
	[REACHED_RANGE] = { "private page", "coherent page" },
	[REACHED_DECIDE] = { [SOURCE_NOTHING] = "nothing",
			     [SOURCE_SYSTEM] = "system page",
			     [SOURCE_PRIVATE] = "private page",
			     [SOURCE_COHERENT] = "coherent page" },
	[REACHED_FINALIZE] = { [SOURCE_NOTHING] = "nothing",
			       [SOURCE_SYSTEM] = "system page",
			       [SOURCE_PRIVATE] = "private page",
			       [SOURCE_COHERENT] = "coherent page" },
	[REACHED_FAULT] = { "private page" },
};

static const char *const columns[REACHED_TABLES][REACHED_COLUMNS] = {
	[REACHED_COLLECT] = { [COLLECT_SELECTED] = "selected",
			      [COLLECT_TOLERATED] = "held once",
			      [COLLECT_NOT_ASKED] = "not asked",
			      [COLLECT_FOREIGN] = "foreign",
			      [COLLECT_NEVER] = "never",
			      [COLLECT_LOCKED] = "locked",
			      [COLLECT_HELD] = "held" },
	[REACHED_REFUSE] = { [REFUSED_NO_VMA] = "no VMA",
			     [REFUSED_MAPPING] = "mapping",
			     [REFUSED_PFNMAP] = "pfnmap",
			     [REFUSED_MISALIGNED] = "misaligned",
			     [REFUSED_EMPTY] = "empty",
			     [REFUSED_BEYOND] = "beyond",
			     [REFUSED_NO_ARRAY] = "no array",
			     [REFUSED_FAULT_PAGE] = "fault page" },
	[REACHED_RANGE] = { [RANGE_MAPPED] = "mapped",
			    [RANGE_TOLERATED] = "held once",
			    [RANGE_UNMAPPED_TOLERATED] = "no entry",
			    [RANGE_FREE] = "free",
			    [RANGE_LOCKED] = "locked",
			    [RANGE_HELD] = "held" },
	[REACHED_DECIDE] = { [DECIDED_SYSTEM] = "to system",
			     [DECIDED_PRIVATE] = "to private",
			     [DECIDED_COHERENT] = "to coherent",
			     [DECIDED_NO_DST] = "no dst",
			     [DECIDED_WRONG_KIND] = "wrong kind",
			     [DECIDED_HELD] = "held",
			     [DECIDED_MAPPED] = "mapped",
			     [DECIDED_NO_MEMORY] = "no memory" },
	[REACHED_FINALIZE] = { [END_MOVED] = "moved",
			       [END_MOVED_READ_ONLY] = "read-only",
			       [END_MOVED_GONE] = "moved, gone",
			       [END_STAYS] = "stays",
			       [END_STAYS_GONE] = "stays, gone",
			       [END_DST_UNUSED] = "dst unused",
			       [END_INSERTED] = "inserted" },
	[REACHED_FAULT] = { [FAULT_MOVED] = "moved",
			    [FAULT_MOVED_OTHERS] = "with others",
			    [FAULT_LOCKED] = "locked",
			    [FAULT_HELD_AT_SETUP] = "held early",
			    [FAULT_HELD_LATER] = "held late",
			    [FAULT_REFUSED] = "file",
			    [FAULT_AGAIN] = "again" },
};

#define C(name) (1u << COLLECT_##name)
#define D(name) (1u << DECIDED_##name)
#define E(name) (1u << END_##name)
#define SYSTEM_PAGE (C(SELECTED) | C(NOT_ASKED) | C(LOCKED) | C(HELD))
#define DEVICE_PAGE (SYSTEM_PAGE | C(FOREIGN) | C(TOLERATED))
#define WHERE_TO (D(SYSTEM) | D(PRIVATE) | D(COHERENT) | D(NO_DST) | D(WRONG_KIND))
#define PAGE_ENDS \
	(E(MOVED) | E(MOVED_READ_ONLY) | E(MOVED_GONE) | E(STAYS) | E(STAYS_GONE) | E(DST_UNUSED))

static const uint32_t possible[REACHED_TABLES][REACHED_ROWS] = {
	[REACHED_COLLECT] = { [ENTRY_NONE] = C(SELECTED),
			      [ENTRY_ZERO] = C(SELECTED) | C(NOT_ASKED),
			      [ENTRY_ZERO_PROTNONE] = C(SELECTED) | C(NOT_ASKED),
			      [ENTRY_SYSTEM] = SYSTEM_PAGE,
			      [ENTRY_SYSTEM_PROTNONE] = SYSTEM_PAGE,
			      [ENTRY_COHERENT] = DEVICE_PAGE,
			      [ENTRY_COHERENT_PROTNONE] = DEVICE_PAGE,
			      [ENTRY_PRIVATE] = DEVICE_PAGE,
			      [ENTRY_SWAP] = C(NEVER),
			      [ENTRY_MIGRATION] = C(NEVER),
			      [ENTRY_EXCLUSIVE] = C(NEVER),
			      [ENTRY_HWPOISON] = C(NEVER) },
	[REACHED_REFUSE] = { 0xff },
	/* Of a free page nothing says whose it was. */
	[REACHED_RANGE] = { 0x3f, 0x3f & ~(1u << RANGE_FREE) },
	[REACHED_DECIDE] = { [SOURCE_NOTHING] = WHERE_TO | D(MAPPED) | D(NO_MEMORY),
			     [SOURCE_SYSTEM] = WHERE_TO | D(HELD),
			     [SOURCE_PRIVATE] = WHERE_TO | D(HELD),
			     [SOURCE_COHERENT] = WHERE_TO | D(HELD) },
	[REACHED_FINALIZE] = { [SOURCE_NOTHING] = E(DST_UNUSED) | E(INSERTED),
			       [SOURCE_SYSTEM] = PAGE_ENDS,
			       [SOURCE_PRIVATE] = PAGE_ENDS,
			       [SOURCE_COHERENT] = PAGE_ENDS },
	[REACHED_FAULT] = { 0x7f },
};

const char *mm_reached_row(enum model_table table, uint32_t row)
{
	return rows[table][row];
}

const char *mm_reached_column(enum model_table table, uint32_t column)
{
	return columns[table][column];
}

bool mm_reached_possible(enum model_table table, uint32_t row, uint32_t column)
{
	return possible[table][row] >> column & 1;
}
