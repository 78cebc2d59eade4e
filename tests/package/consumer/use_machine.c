/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "use.h"

int main(void)
{
	struct hs_task *task = NULL;
	struct hs_machine *machine;

	CHECK(strcmp(hs_version(), "0.2.0") == 0);
	machine = start_machine(&task);
	CHECK(hs_task_machine(task) == machine);
	stop_machine(machine, task);
	return 0;
}
