/* SPDX-License-Identifier: MIT */
/*
 * race_words.c - the words of races: names, addresses, values of keys
 */
#include "text/race_parser.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const hs_race_op_names[HS_RACE_OP_COUNT] = {
#define OP(id, name, words, summary) [HS_RACE_##id] = name,
#include "text/race_ops.def"
#undef OP
	[HS_RACE_RETRY] = "retry",
	[HS_RACE_UNTIL] = "until",
};

const char *const hs_race_op_words[HS_RACE_OP_COUNT] = {
#define OP(id, name, words, summary) [HS_RACE_##id] = words,
#include "text/race_ops.def"
#undef OP
	[HS_RACE_RETRY] = "?n",
	[HS_RACE_UNTIL] = "",
};

const char *const hs_race_kind_names[HS_RACE_KIND_COUNT] = {
	[HS_RACE_PGMAP] = "pgmap",   [HS_RACE_FILE] = "file",	    [HS_RACE_MM] = "mm",
	[HS_RACE_DRIVER] = "driver", [HS_RACE_DMIRROR] = "dmirror", [HS_RACE_GATE] = "gate",
	[HS_RACE_FLAG] = "flag",     [HS_RACE_DEVICE] = "device",
};

const char *const hs_race_entry_names[HS_RACE_ENTRY_COUNT] = {
	[HS_RACE_ENTRY_NO] = "no",
	[HS_RACE_ENTRY_YES] = "yes",
	[HS_RACE_ENTRY_R] = "r",
	[HS_RACE_ENTRY_W] = "w",
};

const char *const hs_race_prot_names[HS_RACE_PROTS] = {
	"none", "error", "zero", "r", "w", "local-r", "local-w", "remote-r", "remote-w",
};

const uint32_t hs_race_prots[HS_RACE_PROTS] = {
	0,
	HS_DEVICE_PROT_ERROR,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_ZERO,
	HS_DEVICE_PROT_READ,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_WRITE,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_LOCAL,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_WRITE | HS_DEVICE_PROT_LOCAL,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_REMOTE,
	HS_DEVICE_PROT_READ | HS_DEVICE_PROT_WRITE | HS_DEVICE_PROT_REMOTE,
};

static const char *const race_words_kinds[HS_RACE_KIND_COUNT] = {
	[HS_RACE_PGMAP] = "a pgmap",   [HS_RACE_FILE] = "a file",	[HS_RACE_MM] = "an mm",
	[HS_RACE_DRIVER] = "a driver", [HS_RACE_DMIRROR] = "a dmirror", [HS_RACE_GATE] = "a gate",
	[HS_RACE_FLAG] = "a flag",     [HS_RACE_DEVICE] = "a device",
};

const char *const hs_race_memory_names[HS_MEMORY_COUNT] = {
	[HS_MEMORY_SC] = "sc",
	[HS_MEMORY_VIEWS] = "views",
};

const char *const hs_race_refs_names[HS_PAGE_REFS_COUNT] = {
	[HS_PAGE_REFS_5_3] = "5.3",
	[HS_PAGE_REFS_5_18] = "5.18",
	[HS_PAGE_REFS_6_1] = "6.1",
	[HS_PAGE_REFS_6_15] = "6.15",
};

const char *const hs_race_order_names[HS_REMOVAL_ORDER_COUNT] = {
	[HS_REMOVAL_ORDER_5_2] = "5.2",
	[HS_REMOVAL_ORDER_5_3] = "5.3",
	[HS_REMOVAL_ORDER_6_0] = "6.0",
};

const char *const hs_race_ram_names[HS_RACE_RAM_COUNT] = {
	[HS_RACE_RAM_COPY] = "copy",
	[HS_RACE_RAM_MIGRATE] = "migrate",
	[HS_RACE_RAM_DEVICE] = "device",
};

const char *const hs_race_copy_error_names[HS_RACE_COPY_ERROR_COUNT] = {
	[HS_RACE_COPY_ERROR_UNDO] = "undo",
	[HS_RACE_COPY_ERROR_KEEP] = "keep",
};

const char *const hs_race_private_fault_names[HS_PRIVATE_FAULT_WAIT + 1] = {
	[HS_PRIVATE_FAULT_REFERENCE] = "reference",
	[HS_PRIVATE_FAULT_TRYLOCK] = "trylock",
	[HS_PRIVATE_FAULT_WAIT] = "wait",
};

const char *const hs_race_migration_wait_names[HS_MIGRATION_WAIT_REFERENCE + 1] = {
	[HS_MIGRATION_WAIT_ENTRY] = "entry",
	[HS_MIGRATION_WAIT_REFERENCE] = "reference",
};

const char *const hs_race_validity_names[HS_VALIDITY_COUNT] = {
	[HS_VALIDITY_SEQ] = "seq",
	[HS_VALIDITY_FLAG] = "flag",
};

const char *const hs_race_protocol_names[HS_PROTOCOL_COUNT] = {
	[HS_PROTOCOL_SOUND] = "sound",
	[HS_PROTOCOL_NO_CHECK] = "no-check",
	[HS_PROTOCOL_CHECK_OUTSIDE] = "check-outside",
	[HS_PROTOCOL_TOUCH_OUTSIDE] = "touch-outside",
	[HS_PROTOCOL_CALLBACK_NO_LOCK] = "callback-no-lock",
	[HS_PROTOCOL_CALLBACK_SKIPS] = "callback-skips",
};

const char *const hs_race_requests_names[HS_RACE_REQUESTS_COUNT] = {
	[HS_RACE_REQUESTS_ALL] = "all",
	[HS_RACE_REQUESTS_SLOTS] = "slots",
	[HS_RACE_REQUESTS_SLOTS_ONCE] = "slots-once",
};

const char *const hs_race_event_names[HS_INVALIDATE_EVENT_COUNT] = {
	[HS_INVALIDATE_UNMAP] = "unmap",
	[HS_INVALIDATE_CLEAR] = "clear",
	[HS_INVALIDATE_PROTECTION_VMA] = "protection-vma",
	[HS_INVALIDATE_PROTECTION_PAGE] = "protection-page",
	[HS_INVALIDATE_SOFT_DIRTY] = "soft-dirty",
	[HS_INVALIDATE_RELEASE] = "release",
	[HS_INVALIDATE_MIGRATE] = "migrate",
	[HS_INVALIDATE_EXCLUSIVE] = "exclusive",
};

const char *const hs_race_must_names[HS_RACE_JUDGED] = { "S1", "S2", "S3", "S4", "live", "answer" };

void hs_race_verdict_word(enum hs_verdict verdict, char *word, size_t size)
{
	snprintf(word, size, "%s", verdict ? hs_verdict_name(verdict) : "holds");
	for (char *c = word; *c; c++)
		if (*c == ' ')
			*c = '-';
}

bool hs_race_verdict(const char *word, enum hs_verdict *verdict)
{
	char name[64];

	for (*verdict = HS_VERDICT_NONE;; (*verdict)++) {
		hs_race_verdict_word(*verdict, name, sizeof(name));
		if (name[0] == '?')
			return false;
		if (!strcmp(word, name))
			return true;
	}
}

/* ---- names ------------------------------------------------------------------------------- */

unsigned int hs_race_find(const struct hs_race *race, const struct hs_word *word)
{
	for (unsigned int i = 0; i < race->objects; i++)
		if (hs_word_is(word, race->object[i].name))
			return i;
	return HS_RACE_NONE;
}

static unsigned int race_words_find_task(const struct hs_race *race, const struct hs_word *word)
{
	for (unsigned int i = 0; i < race->tasks; i++)
		if (hs_word_is(word, race->task[i].name))
			return i;
	return HS_RACE_NONE;
}

int hs_race_new_name(struct hs_race_parser *p, const struct hs_word *word, char **name)
{
	const struct hs_race *race = p->race;
	unsigned int object = hs_race_find(race, word), task = race_words_find_task(race, word);
	unsigned long line = 0;
	char what[64];

	if (object != HS_RACE_NONE)
		line = race->object[object].line;
	else if (task != HS_RACE_NONE)
		line = race->task[task].line;
	if (line) {
		snprintf(what, sizeof(what), "NAME, another than in line %lu", line);
		return hs_text_expected(p->text, word, what);
	}
	*name = hs_text_copy(p->text, word);
	return *name ? 0 : -ENOMEM;
}

int hs_race_object(struct hs_race_parser *p, const struct hs_word *word, enum hs_race_kind kind,
		   const char *what, unsigned int *index)
{
	char sentence[96];

	*index = hs_race_find(p->race, word);
	if (*index != HS_RACE_NONE && p->race->object[*index].kind == kind)
		return 0;
	if (*index == HS_RACE_NONE)
		snprintf(sentence, sizeof(sentence), "%s, %s of a line above", what,
			 race_words_kinds[kind]);
	else
		snprintf(sentence, sizeof(sentence), "%s, %s and not %s", what,
			 race_words_kinds[kind], race_words_kinds[p->race->object[*index].kind]);
	return hs_text_expected(p->text, word, sentence);
}

unsigned int hs_race_pgmap_of(const struct hs_race *race, uint64_t pfn)
{
	for (unsigned int i = 0; i < race->objects; i++) {
		const struct hs_race_object *object = &race->object[i];

		if (object->kind == HS_RACE_PGMAP && pfn >= object->pgmap.start &&
		    pfn < object->pgmap.end)
			return i;
	}
	return HS_RACE_NONE;
}

/* ---- addresses --------------------------------------------------------------------------- */

uint64_t hs_race_addr_end(const struct hs_race *race)
{
	uint64_t end = hs_geometry_end(hs_geometry(race->geometry));

	return end < HS_SPACE_ADDR_END ? end : HS_SPACE_ADDR_END;
}

int hs_race_address(struct hs_race_parser *p, const struct hs_word *word, const char *what,
		    const char *window, uint64_t low, uint64_t high, uint64_t *value)
{
	char sentence[160];

	snprintf(sentence, sizeof(sentence),
		 "%s, a multiple of 0x1000 from 0x%" PRIx64 " to 0x%" PRIx64 "%s%.40s", what, low,
		 high, window ? ", in the window of " : "", window ? window : "");
	return hs_text_number(p->text, word, low, high, HS_PAGE_BYTES, sentence, value);
}

int hs_race_range(struct hs_race_parser *p, const struct hs_word *words, uint64_t low,
		  uint64_t high, uint64_t *start, uint64_t *end)
{
	int ret = hs_race_address(p, &words[0], "START", NULL, low, high - HS_PAGE_BYTES, start);

	return ret ? ret
		   : hs_race_address(p, &words[1], "END", NULL, *start + HS_PAGE_BYTES, high, end);
}

/* ---- keys -------------------------------------------------------------------------------- */

void hs_race_list(char *what, size_t size, const char *before, const char *const *names,
		  unsigned int count)
{
	unsigned int left = 0;
	size_t used = 0;

	*what = '\0';
	for (unsigned int i = 0; i < count; i++)
		left += names[i] != NULL;
	for (unsigned int i = 0; i < count && used < size; i++) {
		if (!names[i])
			continue;
		left--;
		used += (size_t)snprintf(what + used, size - used, "%s%s%s", used ? "" : before,
					 names[i],
					 left > 1 ? ", "
					 : left	  ? " or "
						  : "");
	}
}

int hs_race_key_name(struct hs_race_parser *p, unsigned int key, const char *const *names,
		     unsigned int count, unsigned int *index)
{
	const struct hs_word *word = &p->line->value[key];
	char before[32], what[256];

	if (!word->at)
		return 0;
	snprintf(before, sizeof(before), "%s=", p->line->keyword->keys[key].name);
	hs_race_list(what, sizeof(what), before, names, count);
	return hs_text_name(p->text, word, names, count, what, index);
}

int hs_race_key_number(struct hs_race_parser *p, unsigned int key, uint64_t low, uint64_t high,
		       uint64_t *value)
{
	const struct hs_word *word = &p->line->value[key];
	char what[96];

	if (!word->at)
		return 0;
	snprintf(what, sizeof(what), "%s=N, a number from %" PRIu64 " to %" PRIu64,
		 p->line->keyword->keys[key].name, low, high);
	return hs_text_number(p->text, word, low, high, 1, what, value);
}

int hs_race_key_bool(struct hs_race_parser *p, unsigned int key, bool *value)
{
	static const char *const names[] = { "no", "yes" };
	unsigned int index = *value;
	int ret = hs_race_key_name(p, key, names, 2, &index);

	*value = index == 1;
	return ret;
}
