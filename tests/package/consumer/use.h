/* SPDX-License-Identifier: MIT */
/*
 * use.h: what the consumer programs share. They are built against the installed tree alone.
 */
#ifndef CONSUMER_USE_H
#define CONSUMER_USE_H

#include <dlfcn.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "check.h"

/* The program finds @symbol in a shared object whose file name starts with @object. */
static inline int comes_from(const char *symbol, const char *object)
{
	void *address = dlsym(RTLD_DEFAULT, symbol);
	Dl_info info;
	const char *file;

	CHECK(address != NULL);
	CHECK(dladdr(address, &info) != 0);
	file = strrchr(info.dli_fname, '/');
	file = file ? file + 1 : info.dli_fname;
	return strncmp(file, object, strlen(object)) == 0;
}

/* One life of a machine with one task. Returns it with the task attached. */
static inline struct hs_machine *start_machine(struct hs_task **task)
{
	struct hs_machine_config config;
	struct hs_machine *machine = NULL;

	hs_machine_config_init(&config);
	config.kind = HS_ARENA_HEAP;
	CHECK(hs_machine_create(&config, &machine) == 0);
	CHECK(hs_task_attach(machine, "consumer", task) == 0);
	return machine;
}

static inline void stop_machine(struct hs_machine *machine, struct hs_task *task)
{
	struct hs_leaks left;

	CHECK(hs_task_detach(task) == 0);
	CHECK(hs_machine_destroy(machine, &left) == 0);
	CHECK(left.objects == 0);
}

#endif
