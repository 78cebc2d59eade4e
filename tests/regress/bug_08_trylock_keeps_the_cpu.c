/* SPDX-License-Identifier: MIT */
/*
 * Bug 8: a walk tries for a page lock again and again, on the CPU for which the holder of the lock
 * waits. CVE-2026-43404; it came with the repair of bug 7.
 *
 *	   walker, CPU 0		holder, CPU 1		drain, a worker of CPU 0
 *	1.				locks the page
 *	2.				queues drain, waits
 *	3. fault: the lock is taken,
 *	   so it ends, and again						cannot run: CPU 0
 *	4. the same							is the walker's
 *
 * Each of the three does what it may do. There is no preemption, so 3 and 4 go on for ever.
 *
 * The fix: a fault that does not get the lock sleeps until it is released. Then drain runs, and all
 * of it ends.
 *
 * The switch: private-fault=trylock of the mm, and with it worker=0: drain needs the walker's CPU.
 *
 * What finds it: "livelock", because no other task can move.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-08\n"
			   "axis fault wait trylock\n"
			   "axis worker 0 1\n"
			   "pgmap P 8 10 type=private owner=1\n"
			   "mm M private-fault=$fault\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "driver D M 0x0 0x1000\n"
			   "setup\n"
			   "  alloc P\n"
			   "  entry M 0x0 dpw 8\n"
			   "worker drain cpu=$worker\n"
			   "  rcu-sync\n"
			   "task holder cpu=1\n"
			   "  page-lock 8\n"
			   "  queue drain\n"
			   "  flush drain\n"
			   "  page-unlock 8\n"
			   "task walker cpu=0\n"
			   "  retry\n"
			   "    begin D\n"
			   "    walk D 0x0 0x1000\n"
			   "  until\n"
			   "check\n"
			   "  page-put 8\n"
			   "  assert-result walker 0\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 8,
		.title = "a walk tries for a page lock on the CPU that its holder waits for",
		.text = text,
		.run = {
			{ .settings = "fault=trylock",
			  REGRESS_FOUND(HS_VERDICT_LIVELOCK, "on the processor that drain waits for", 5) },
			{ .settings = "fault=wait", REGRESS_CLEAN(900) },
			{ .settings = "fault=trylock,worker=1", REGRESS_CLEAN(155) },
			{ .settings = "fault=wait,worker=1", REGRESS_CLEAN(168) },
		},
	};

	return regress_main(argc, argv, &bug);
}
