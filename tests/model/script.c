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
	hs_waitq_init(&script->queue);
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
	hs_wake_all(self, &script->queue);
}

struct turn {
	struct script *script;
	const char *name;
};

static bool is_turn(struct hs_task *self, void *arg)
{
	const struct turn *t = arg;
	size_t length;
	const char *w =
		word(t->script->text, hs_u32_load(self, &t->script->at, HS_ACQUIRE), &length);

	return names(w, length, t->name);
}

/* Asked by a task about its own steps, which no other task's turn removes. */
static bool is_ahead(struct hs_task *self, const struct script *script, const char *name)
{
	size_t length;

	for (uint32_t i = hs_u32_load(self, &script->at, HS_ACQUIRE);; i++) {
		const char *w = word(script->text, i, &length);

		if (!length || names(w, length, name))
			return length;
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
	struct turn turn = { actor->script, name };
	const char *w;
	size_t length;

	script_end(self, actor);
	if (!is_ahead(self, actor->script, name))
		return;
	hs_wait_event(self, &actor->script->queue, is_turn, &turn);
	w = word(actor->script->text, hs_u32_load(self, &actor->script->at, HS_RELAXED), &length);
	actor->turn = true;
	if (passes_on(w, length))
		script_end(self, actor);
}
