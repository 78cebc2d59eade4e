/* SPDX-License-Identifier: MIT */
#include "model/script.h"

#include <string.h>

#define SEPARATORS " |"

/* Word number @n; *length is 0 behind the last one. */
static const char *word(const char *text, uint32_t n, size_t *length)
{
	for (;; n--) {
		text += strspn(text, SEPARATORS);
		*length = strcspn(text, SEPARATORS);
		if (!n || !*length)
			return text;
		text += *length;
	}
}

static bool passes_on(const char *w, size_t length)
{
	return length && w[length - 1] == '~';
}

static bool names(const char *w, size_t length, const char *name)
{
	length -= passes_on(w, length);
	return length == strlen(name) && !strncmp(w, name, length);
}

void script_init(struct script *script, const char *text)
{
	script->text = text;
	hs_u32_init(&script->at, 0);
}

bool script_over(const struct script *script)
{
	size_t length;

	word(script->text, script->at.raw, &length);
	return !length;
}

static void advance(struct hs_task *self, struct script *script)
{
	hs_u32_add(self, &script->at, 1, HS_RELEASE);
}

static bool is_turn(struct hs_task *self, void *arg)
{
	const struct script_actor *actor = arg;

	return hs_u32_load(self, &actor->script->at, HS_ACQUIRE) == actor->next;
}

/* Number of the next word with this name, which only this task takes; -1: there is none. */
static int next_word(const struct script_actor *actor, const char *name)
{
	size_t length;

	for (uint32_t i = actor->next;; i++) {
		const char *w = word(actor->script->text, i, &length);

		if (!length)
			return -1;
		if (names(w, length, name))
			return (int)i;
	}
}

void script_end(struct hs_task *self, struct script_actor *actor)
{
	if (actor->turn)
		advance(self, actor->script);
	actor->turn = false;
}

void script_step(struct hs_task *self, struct script_actor *actor, const char *name)
{
	int next = next_word(actor, name);
	const char *w;
	size_t length;

	script_end(self, actor);
	if (next < 0)
		return;
	actor->next = (uint32_t)next;
	hs_spin_until(self, is_turn, actor);
	w = word(actor->script->text, actor->next++, &length);
	actor->turn = true;
	if (passes_on(w, length))
		script_end(self, actor);
}
