/* SPDX-License-Identifier: MIT */
/*
 * race_print.c - prints races, without what is the default
 */
#include <string.h>

#include "text/error_name.h"
#include "text/race_parser.h"

/* ---- words ------------------------------------------------------------------------------- */

static void race_print_word(struct hs_out *out, const char *word)
{
	hs_out_char(out, ' ');
	hs_out_text(out, word);
}

/* " KEY=VALUE" unless it is the default. */
static void race_print_number(struct hs_out *out, const char *key, uint64_t value, uint64_t usual)
{
	if (value == usual)
		return;
	race_print_word(out, key);
	hs_out_decimal(out, value);
}

static void race_print_name(struct hs_out *out, const char *key, const char *name, bool usual)
{
	if (usual)
		return;
	race_print_word(out, key);
	hs_out_text(out, name);
}

static const char *race_print_of(const struct hs_race *race, uint64_t object)
{
	return race->object[object].name;
}

/* ---- objects ----------------------------------------------------------------------------- */

static void race_print_machine(const struct hs_race *race, struct hs_out *out)
{
	hs_out_text(out, "machine");
	race_print_number(out, "cpus=", race->cpus, 2);
	race_print_name(out, "geometry=", hs_geometry(race->geometry)->name,
			race->geometry == HS_GEOMETRY_MOCK);
	race_print_number(out, "section=", race->section_order, 3);
	race_print_number(out, "subsection=", race->subsection_order, UINT64_MAX);
	race_print_name(out, "memory=", hs_race_memory_names[race->memory],
			race->memory == HS_MEMORY_SC);
	race_print_number(out, "retries=", race->retry_bound, 0);
	hs_out_char(out, '\n');
}

static void race_print_pgmap(const struct hs_race_pgmap *pgmap, struct hs_out *out)
{
	hs_out_space_number(out, pgmap->start);
	hs_out_space_number(out, pgmap->end);
	race_print_name(out, "type=", hs_pgmap_type_names[pgmap->type],
			pgmap->type == HS_PGMAP_FS_DAX);
	race_print_number(out, "owner=", pgmap->owner, 0);
	race_print_name(out, "refs=", hs_race_refs_names[pgmap->refs],
			pgmap->refs == HS_PAGE_REFS_6_1);
	race_print_name(out, "order=", hs_race_order_names[pgmap->order],
			pgmap->order == HS_REMOVAL_ORDER_6_0);
	race_print_number(out, "first=", pgmap->first, pgmap->start);
	race_print_name(out, "atomic=", "yes", !pgmap->atomic);
	race_print_name(out, "ram=", hs_race_ram_names[pgmap->ram], pgmap->ram == HS_RACE_RAM_COPY);
	race_print_number(out, "copies=", pgmap->copies, HS_RACE_MIGRATED);
	race_print_name(out, "copy-error=", hs_race_copy_error_names[pgmap->copy_error],
			pgmap->copy_error == HS_RACE_COPY_ERROR_UNDO);
}

static void race_print_driver(const struct hs_race *race, const struct hs_race_driver *driver,
			      struct hs_out *out)
{
	race_print_word(out, race_print_of(race, driver->mm));
	hs_out_space_number(out, driver->start);
	hs_out_space_number(out, driver->end);
	race_print_name(out, "validity=", hs_race_validity_names[driver->validity],
			driver->validity == HS_VALIDITY_SEQ);
	race_print_name(out, "walker=", hs_era_name(driver->era), driver->era == HS_ERA_6_12);
	race_print_name(out, "strategy=", hs_strategy_name(driver->strategy),
			driver->strategy == HS_STRATEGY_NONE);
	race_print_number(out, "owner=", driver->owner, 0);
	race_print_name(out, "protocol=", hs_race_protocol_names[driver->protocol],
			driver->protocol == HS_PROTOCOL_SOUND);
	race_print_name(out, "late=", "yes", !driver->late);
	race_print_name(out, "requests=", hs_race_requests_names[driver->requests],
			driver->requests == HS_RACE_REQUESTS_ALL);
	race_print_name(out, "touch=", "yes", !driver->touch);
	race_print_number(out, "tries=", driver->tries, 0);
}

static void race_print_device(const struct hs_race *race, const struct hs_race_driver *device,
			      struct hs_out *out)
{
	struct hs_device_config usual;
	const char *before = " correction=";

	hs_device_config_init(&usual, device->model, NULL, 0, 0);
	race_print_word(out, hs_device_model_name(device->model));
	race_print_word(out, race_print_of(race, device->mm));
	hs_out_space_number(out, device->start);
	hs_out_space_number(out, device->end);
	race_print_number(out, "owner=", device->owner, 0);
	race_print_name(out, "strategy=", hs_strategy_name(device->strategy),
			device->strategy == usual.strategy);
	for (unsigned int i = 0; i < HS_CORRECTION_COUNT; i++) {
		if (!(device->corrections >> i & 1))
			continue;
		hs_out_text(out, before);
		hs_out_text(out, hs_correction_name(1u << i));
		before = "+";
	}
	race_print_number(out, "tries=", device->tries, 0);
	if (device->memory != HS_RACE_NONE)
		race_print_name(out, "memory=", race->object[device->memory].name, false);
}

static void race_print_object(const struct hs_race *race, const struct hs_race_object *object,
			      struct hs_out *out)
{
	hs_out_text(out, hs_race_kind_names[object->kind]);
	race_print_word(out, object->name);
	switch (object->kind) {
	case HS_RACE_PGMAP:
		race_print_pgmap(&object->pgmap, out);
		break;
	case HS_RACE_FILE:
		race_print_word(out, race_print_of(race, object->file.pgmap));
		hs_out_space_number(out, object->file.first);
		hs_out_space_decimal(out, object->file.pages);
		break;
	case HS_RACE_MM:
		race_print_name(out, "private-fault=",
				hs_race_private_fault_names[object->space.private_fault],
				object->space.private_fault == HS_PRIVATE_FAULT_REFERENCE);
		race_print_name(out, "migration-wait=",
				hs_race_migration_wait_names[object->space.migration_wait],
				object->space.migration_wait == HS_MIGRATION_WAIT_ENTRY);
		break;
	case HS_RACE_DRIVER:
	case HS_RACE_DMIRROR:
		race_print_driver(race, &object->driver, out);
		break;
	case HS_RACE_DEVICE:
		race_print_device(race, &object->driver, out);
		break;
	default:
		break;
	}
	hs_out_char(out, '\n');
}

static void race_print_vma(const struct hs_race *race, const struct hs_race_vma *vma,
			   struct hs_out *out)
{
	hs_out_text(out, "mmap");
	race_print_word(out, race_print_of(race, vma->mm));
	hs_out_space_number(out, vma->start);
	hs_out_space_number(out, vma->end);
	hs_space_print_flags(vma->flags & ~HS_VM_MAYWRITE, out);
	if (vma->file != HS_RACE_NONE)
		race_print_name(out, "of=", race_print_of(race, vma->file), false);
	race_print_number(out, "pgoff=", vma->pgoff, 0);
	if (vma->gate != HS_RACE_NONE)
		race_print_name(out, "gate=", race_print_of(race, vma->gate), false);
	hs_out_char(out, '\n');
}

/* ---- steps ------------------------------------------------------------------------------- */

static void race_print_arg(const struct hs_race *race, char letter, uint64_t arg,
			   struct hs_out *out)
{
	switch (letter) {
	case 'T':
	case 'W':
		race_print_word(out, race->task[arg].name);
		break;
	case 'C':
		race_print_word(out, race->function[arg]);
		break;
	case 'a':
	case 'p':
	case 'x':
		hs_out_space_number(out, arg);
		break;
	case 'k':
		race_print_word(out, hs_map_kind_names[arg]);
		break;
	case 'v':
		race_print_word(out, hs_race_event_names[arg]);
		break;
	case 'f':
	case 'r':
	case 'q':
		hs_space_print_flags((uint32_t)arg, out);
		break;
	case 'e':
		race_print_word(out, arg ? hs_error_name(-(long)arg) : "0");
		break;
	case 'g':
		race_print_word(out, hs_race_entry_names[arg]);
		break;
	case 's':
		race_print_word(out, hs_race_prot_names[arg]);
		break;
	case 'm':
		if (arg == HS_RACE_MAPPED)
			race_print_word(out, "mapped");
		else
			hs_out_space_number(out, arg);
		break;
	case 'i':
	case 'c':
	case 'n':
	case 'o':
		hs_out_space_decimal(out, arg);
		break;
	default:
		race_print_word(out, race_print_of(race, arg));
		break;
	}
}

static void race_print_step(const struct hs_race *race, const struct hs_race_step *step,
			    struct hs_out *out)
{
	const char *letter = hs_race_op_words[step->op];

	hs_out_text(out, hs_race_op_names[step->op]);
	for (unsigned int i = 0; i < step->args; i++, letter++) {
		letter += *letter == '?';
		race_print_arg(race, *letter, step->arg[i], out);
	}
	if (step->label)
		race_print_name(out, "as=", step->label, false);
	race_print_name(out, "optional=", "yes", !step->optional);
	hs_out_char(out, '\n');
}

static void race_print_steps(const struct hs_race *race, const struct hs_race_steps *steps,
			     struct hs_out *out)
{
	unsigned int depth = 1;

	for (size_t i = 0; i < steps->count; i++) {
		depth -= steps->step[i].op == HS_RACE_UNTIL;
		for (unsigned int d = 0; d < depth; d++)
			hs_out_text(out, "  ");
		race_print_step(race, &steps->step[i], out);
		depth += steps->step[i].op == HS_RACE_RETRY;
	}
}

/* ---- what must hold ---------------------------------------------------------------------- */

static void race_print_must(const struct hs_race *race, struct hs_out *out)
{
	if (race->must == HS_RACE_MUST_ALL)
		return;
	hs_out_text(out, race->must ? "must" : "must -");
	for (unsigned int i = 0; i < HS_RACE_MUSTS; i++)
		if (race->must >> i & 1)
			race_print_word(out, hs_race_must_names[i]);
	hs_out_char(out, '\n');
}

static void race_print_order(const struct hs_race *race, struct hs_out *out)
{
	if (!race->order_words)
		return;
	hs_out_text(out, "order");
	for (size_t i = 0; i < race->order_words; i++)
		race_print_word(out, race->order[i]);
	hs_out_char(out, '\n');
}

static void race_print_reached(const struct hs_race *race, struct hs_out *out)
{
	if (!race->reaches)
		return;
	hs_out_text(out, "reached");
	for (unsigned int i = 0; i < race->reaches; i++)
		race_print_word(out, race->reached[i]);
	hs_out_char(out, '\n');
}

static void race_print_expect(const struct hs_race *race, struct hs_out *out)
{
	char verdict[64];

	for (size_t i = 0; i < race->expects; i++) {
		const struct hs_race_expect *expect = &race->expect[i];

		if (strcmp(expect->settings, race->settings) != 0)
			continue;
		hs_race_verdict_word(expect->verdict, verdict, sizeof(verdict));
		hs_out_text(out, "expect");
		race_print_word(out, verdict);
		race_print_number(out, "executions=", expect->executions, 0);
		hs_out_char(out, '\n');
	}
}

/* A VMA comes after all objects: then the objects that it names are there. */
void hs_race_print(const struct hs_race *race, struct hs_out *out)
{
	hs_out_text(out, "race");
	race_print_word(out, race->name);
	if (race->about) {
		hs_out_text(out, "\nabout");
		race_print_word(out, race->about);
	}
	hs_out_char(out, '\n');
	race_print_machine(race, out);
	for (unsigned int i = 0; i < race->objects; i++)
		race_print_object(race, &race->object[i], out);
	for (unsigned int i = 0; i < race->vmas; i++)
		race_print_vma(race, &race->vma[i], out);
	if (race->setup.count)
		hs_out_text(out, "setup\n");
	race_print_steps(race, &race->setup, out);
	for (unsigned int i = 0; i < race->tasks; i++) {
		hs_out_text(out, race->task[i].worker ? "worker" : "task");
		race_print_word(out, race->task[i].name);
		race_print_number(out, "cpu=", race->task[i].cpu, HS_RACE_NONE);
		hs_out_char(out, '\n');
		race_print_steps(race, &race->task[i].steps, out);
	}
	race_print_order(race, out);
	race_print_reached(race, out);
	race_print_must(race, out);
	if (race->check.count)
		hs_out_text(out, "check\n");
	race_print_steps(race, &race->check, out);
	race_print_expect(race, out);
}
