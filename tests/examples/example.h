/* SPDX-License-Identifier: MIT */
/*
 * example.h - what first_walk.c writes out in full: a machine, and this thread as its only task
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

/* 0 or more, or -errno. */
static inline void must(long ret)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s\n", strerror((int)-ret));
	exit(1);
}

static inline struct hs_task *start(void)
{
	struct hs_machine_config config;
	struct hs_machine *machine;
	struct hs_task *self;

	hs_machine_config_init(&config);
	must(hs_machine_create(&config, &machine));
	must(hs_task_attach(machine, "example", &self));
	return self;
}

/* -ENOTEMPTY: something was left in the machine. */
static inline void stop(struct hs_task *self)
{
	struct hs_machine *machine = hs_task_machine(self);

	must(hs_task_detach(self));
	must(hs_machine_destroy(machine, NULL));
}

#endif
