/* SPDX-License-Identifier: MIT */
/* The machine and the objects of a race: what is refused, and what the machine allows. */
#include "support/race_refusal.h"

/* ---- refused ------------------------------------------------------------------------------ */

/* A device with what would be its memory. */
#define MIRROR(ram, model, keys)                                           \
	"pgmap P 8 10 type=private owner=1 " ram "\nmm M\ndevice E " model \
	" M 0 0x1000 owner=1 " keys

static const struct race_refusal refused[] = {
	/* machine */
	{ RACE_TOP("machine 2"), "x.in:3: machine: expected no word, found 1 word" },
	{ RACE_TOP("machine cpu=2"),
	  "x.in:3: machine: expected cpus=, geometry=, section=, subsection=, memory= or retries=, found \"cpu=2\"" },
	{ RACE_TOP("machine cpus=0"),
	  "x.in:3: machine: expected cpus=N, a number from 1 to 16, found \"0\"" },
	{ RACE_TOP("machine cpus=17"),
	  "x.in:3: machine: expected cpus=N, a number from 1 to 16, found \"17\"" },
	{ RACE_TOP("machine geometry=x86"),
	  "x.in:3: machine: expected geometry=x86_64, mock or x86_64_5l, found \"x86\"" },
	{ RACE_TOP("machine section=23"),
	  "x.in:3: machine: expected section=N, a number from 0 to 22, found \"23\"" },
	{ RACE_TOP("machine section=20 subsection=17"),
	  "x.in:3: machine: expected subsection=N, a number from 14 to 16, found \"17\"" },
	{ RACE_TOP("machine section=9 subsection=2"),
	  "x.in:3: machine: expected subsection=N, a number from 3 to 9, found \"2\"" },
	{ RACE_TOP("machine section=2 subsection=3"),
	  "x.in:3: machine: expected subsection=N, a number from 0 to 2, found \"3\"" },
	{ RACE_TOP("machine memory=tso"),
	  "x.in:3: machine: expected memory=sc or views, found \"tso\"" },
	{ RACE_TOP("machine retries=many"),
	  "x.in:3: machine: expected retries=N, a number from 0 to 1048576, found \"many\"" },
	/* objects */
	{ RACE_TOP("mm"), "x.in:3: mm: expected NAME, found 0 words" },
	{ RACE_TOP("mm M private-fault=lock"),
	  "x.in:3: mm: expected private-fault=reference, trylock or wait, found \"lock\"" },
	{ RACE_TOP("mm M migration-wait=page"),
	  "x.in:3: mm: expected migration-wait=entry or reference, found \"page\"" },
	{ RACE_TOP("mm M wait=entry"),
	  "x.in:3: mm: expected private-fault= or migration-wait=, found \"wait=entry\"" },
	{ RACE_TOP("task T cpu=2"),
	  "x.in:3: task: expected cpu=N, a number from 0 to 1, found \"2\"" },
	{ RACE_TOP("machine cpus=4\nworker T cpu=4"),
	  "x.in:4: worker: expected cpu=N, a number from 0 to 3, found \"4\"" },
	{ RACE_TOP("task T cpu=none"),
	  "x.in:3: task: expected cpu=N, a number from 0 to 1, found \"none\"" },
	{ RACE_TOP("worker T memory=sc"), "x.in:3: worker: expected cpu=, found \"memory=sc\"" },
	{ RACE_TOP("worker"), "x.in:3: worker: expected NAME, found 0 words" },
	{ RACE_TOP("worker T\nrcu-sync\ntask T"),
	  "x.in:5: task: expected NAME, another than in line 3, found \"T\"" },
	{ RACE_TOP("task T\nrcu-sync\nmachine cpus=4"),
	  "x.in:5: machine: expected before the first task, which is in line 3" },
	{ RACE_TOP("mm M N"), "x.in:3: mm: expected NAME, found 2 words" },
	{ RACE_TOP("mm M\nmm M"),
	  "x.in:4: mm: expected NAME, another than in line 3, found \"M\"" },
	{ RACE_TOP("mm M\ngate M"),
	  "x.in:4: gate: expected NAME, another than in line 3, found \"M\"" },
	{ RACE_STEP("set L\ntask W\nset L"),
	  "x.in:13: task: expected NAME, another than in line 11, found \"W\"" },
	{ RACE_STEP("set L\ntask L\nset L"),
	  "x.in:13: task: expected NAME, another than in line 10, found \"L\"" },
	{ RACE_TOP("pgmap A 8"), "x.in:3: pgmap: expected NAME START_PFN END_PFN, found 2 words" },
	{ RACE_TOP("pgmap A 8 10 dead"),
	  "x.in:3: pgmap: expected NAME START_PFN END_PFN, found 4 words" },
	{ RACE_TOP("pgmap A 9 10"),
	  "x.in:3: pgmap: expected START_PFN, a multiple of 2 (a subsection) from 0x0 to 0xfffffffffe, found \"9\"" },
	{ RACE_TOP("pgmap A 8 9"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"9\"" },
	{ RACE_TOP("pgmap A 8 8"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"8\"" },
	{ RACE_TOP("pgmap A 8 0x100008"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"0x100008\"" },
	{ RACE_TOP("pgmap A 0x10000000000 0x10000000002"),
	  "x.in:3: pgmap: expected START_PFN, a multiple of 2 (a subsection) from 0x0 to 0xfffffffffe, found \"0x10000000000\"" },
	{ RACE_TOP("pgmap A 8 10\npgmap B 8 12"),
	  "x.in:4: pgmap: expected pfns that are not of A, line 3" },
	{ RACE_TOP("pgmap A 8 10\npgmap B 6 10"),
	  "x.in:4: pgmap: expected pfns that are not of A, line 3" },
	{ RACE_TOP("pgmap A 8 10 type=dax"),
	  "x.in:3: pgmap: expected type=fsdax, private, coherent, generic or p2pdma, found \"dax\"" },
	{ RACE_TOP("pgmap A 8 10 owner=me"),
	  "x.in:3: pgmap: expected owner=K, a number, found \"me\"" },
	{ RACE_TOP("pgmap A 8 10 refs=6.12"),
	  "x.in:3: pgmap: expected refs=5.3, 5.18, 6.1 or 6.15, found \"6.12\"" },
	{ RACE_TOP("pgmap A 8 10 order=6.1"),
	  "x.in:3: pgmap: expected order=5.2, 5.3 or 6.0, found \"6.1\"" },
	{ RACE_TOP("pgmap A 8 10 first=10"),
	  "x.in:3: pgmap: expected first=N, a number from 8 to 9, found \"10\"" },
	{ RACE_TOP("pgmap A 8 10 atomic=maybe"),
	  "x.in:3: pgmap: expected atomic=no or yes, found \"maybe\"" },
	{ RACE_TOP("pgmap A 8 10 type=private owner=1 ram=move"),
	  "x.in:3: pgmap: expected ram=copy, migrate or device, found \"move\"" },
	{ RACE_TOP("pgmap A 8 10 type=coherent owner=1 ram=migrate"),
	  "x.in:3: pgmap: expected type=private with ram=, found \"migrate\"" },
	{ RACE_TOP("pgmap A 8 10 type=private"),
	  "x.in:3: pgmap: expected owner=K, a number from 1, because of its type" },
	{ RACE_TOP("pgmap A 8 10 type=coherent refs=5.3"),
	  "x.in:3: pgmap: expected owner=K, a number from 1, because of its type" },
	{ RACE_TOP("pgmap A 8 10 kind=x"),
	  "x.in:3: pgmap: expected type=, owner=, refs=, order=, first=, atomic=, ram=, copies= or copy-error=, found \"kind=x\"" },
	{ RACE_TOP("pgmap A 8 10 type=private owner=1 copies=65"),
	  "x.in:3: pgmap: expected copies=N, a number from 0 to 64, found \"65\"" },
	{ RACE_TOP("pgmap A 8 10 type=coherent owner=1 copy-error=free"),
	  "x.in:3: pgmap: expected copy-error=undo or keep, found \"free\"" },
	{ RACE_TOP("pgmap A 8 10 copies=0"),
	  "x.in:3: pgmap: expected type=private or coherent with copies= and copy-error=, found \"0\"" },
	{ RACE_TOP("pgmap A 8 10 type=p2pdma copy-error=keep"),
	  "x.in:3: pgmap: expected type=private or coherent with copies= and copy-error=, found \"keep\"" },
	{ RACE_IN("file H A 8"),
	  "x.in:11: file: expected NAME PGMAP FIRST_PFN PAGES, found 3 words" },
	{ RACE_IN("file H B 8 1"),
	  "x.in:11: file: expected PGMAP, a pgmap of a line above, found \"B\"" },
	{ RACE_IN("file H M 8 1"),
	  "x.in:11: file: expected PGMAP, a pgmap and not an mm, found \"M\"" },
	{ RACE_IN("file H A 10 1"),
	  "x.in:11: file: expected FIRST_PFN of the pgmap, from 0x8 to 0x9, found \"10\"" },
	{ RACE_IN("file H A 9 2"),
	  "x.in:11: file: expected PAGES from 1 to 1, the end of the pgmap, found \"2\"" },
	{ RACE_IN("file H A 8 0"),
	  "x.in:11: file: expected PAGES from 1 to 2, the end of the pgmap, found \"0\"" },
	{ RACE_IN("pgmap P 10 12 type=private owner=1\nfile H P 10 1"),
	  "x.in:12: file: expected PGMAP of type fsdax, generic or p2pdma, found \"P\"" },
	{ RACE_IN("driver E N 0 0x1000"),
	  "x.in:11: driver: expected MM, an mm of a line above, found \"N\"" },
	{ RACE_IN("driver E M 0x1001 0x2000"),
	  "x.in:11: driver: expected START, a multiple of 0x1000 from 0x0 to 0x3f000, found \"0x1001\"" },
	{ RACE_IN("driver E M 0 0"),
	  "x.in:11: driver: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0\"" },
	{ RACE_IN("driver E M 0 0x41000"),
	  "x.in:11: driver: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0x41000\"" },
	{ RACE_TOP("machine geometry=x86_64\nmm M\ndriver D M 0x1000 0x10002000"),
	  "x.in:5: driver: expected END, a multiple of 0x1000 from 0x2000 to 0x10001000, found "
	  "\"0x10002000\"" },
	{ RACE_IN("driver E M 0 0x1000 validity=yes"),
	  "x.in:11: driver: expected validity=seq or flag, found \"yes\"" },
	{ RACE_IN("driver E M 0 0x1000 walker=6.1"),
	  "x.in:11: driver: expected walker=5.3 or 6.12, found \"6.1\"" },
	{ RACE_IN("driver E M 0 0x1000 strategy=custom"),
	  "x.in:11: driver: expected strategy=none, per-page, per-table, per-table-local, per-range, per-pass or per-call, found \"custom\"" },
	{ RACE_IN("driver E M 0 0x1000 protocol=no-check"),
	  "x.in:11: driver: expected protocol=sound, callback-no-lock or callback-skips, found \"no-check\"" },
	{ RACE_IN("driver E M 0 0x1000 owner=x"),
	  "x.in:11: driver: expected owner=K, a number, found \"x\"" },
	{ RACE_IN("driver E M 0 0x1000 late=2"),
	  "x.in:11: driver: expected late=no or yes, found \"2\"" },
	{ RACE_IN("driver E M 0 0x1000 requests=once"),
	  "x.in:11: driver: expected requests=all, slots or slots-once, found \"once\"" },
	{ RACE_IN("dmirror E M 0 0x1000 requests=all"),
	  "x.in:11: dmirror: expected validity=, walker=, strategy=, owner=, protocol=, touch= or tries=, found \"requests=all\"" },
	{ RACE_IN("driver E M 0 0x1000 tries=2"),
	  "x.in:11: driver: expected validity=, walker=, strategy=, owner=, protocol=, late= or requests=, found \"tries=2\"" },
	{ RACE_IN("dmirror E M 0 0x1000 protocol=none"),
	  "x.in:11: dmirror: expected protocol=sound, no-check, check-outside, touch-outside, callback-no-lock or callback-skips, found \"none\"" },
	{ RACE_IN("dmirror E M 0 0x1000 tries=-1"),
	  "x.in:11: dmirror: expected tries=N, a number from 0 to 1048576, found \"-1\"" },
	{ RACE_IN("dmirror E M 0 0x1000 late=yes"),
	  "x.in:11: dmirror: expected validity=, walker=, strategy=, owner=, protocol=, touch= or tries=, found \"late=yes\"" },
	{ RACE_IN("device E M 0 0x1000"),
	  "x.in:11: device: expected NAME MODEL MM START END, found 4 words" },
	{ RACE_IN("device E vendor M 0 0x1000"),
	  "x.in:11: device: expected MODEL, dmirror, test-hmm, nouveau-2019, nouveau, amdgpu-2019, amdgpu, odp or p2pdma, found \"vendor\"" },
	{ RACE_IN("device E odp N 0 0x1000"),
	  "x.in:11: device: expected MM, an mm of a line above, found \"N\"" },
	{ RACE_IN("device E odp M 0x800 0x1000"),
	  "x.in:11: device: expected START, a multiple of 0x1000 from 0x0 to 0x3f000, found \"0x800\"" },
	{ RACE_IN("device E odp M 0 0x41000"),
	  "x.in:11: device: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0x41000\"" },
	{ RACE_IN("device E odp M 0 0x1000 owner=x"),
	  "x.in:11: device: expected owner=K, a number, found \"x\"" },
	{ RACE_IN("device E odp M 0 0x1000 strategy=per-table"),
	  "x.in:11: device: expected strategy=none, found \"per-table\"" },
	{ RACE_IN("device E odp M 0 0x1000 correction=all"),
	  "x.in:11: device: expected correction=none, found \"all\"" },
	{ RACE_IN("device E amdgpu M 0 0x1000 correction=sequence"),
	  "x.in:11: device: expected correction=none, all, or with + between them: map-locked, found \"sequence\"" },
	{ RACE_IN("device E amdgpu M 0 0x1000 correction=map-locked+map-locked"),
	  "x.in:11: device: expected correction=none, all, or with + between them: map-locked, found \"map-locked+map-locked\"" },
	{ RACE_IN("device E amdgpu M 0 0x1000 correction=map-locked+"),
	  "x.in:11: device: expected correction=none, all, or with + between them: map-locked, found \"map-locked+\"" },
	{ RACE_IN("device E amdgpu M 0 0x1000 correction="),
	  "x.in:11: device: expected correction=none, all, or with + between them: map-locked, found \"\"" },
	{ RACE_IN("device E nouveau-2019 M 0 0x1000 correction=map-locked"),
	  "x.in:11: device: expected correction=none, all, or with + between them: sequence unregister, found \"map-locked\"" },
	{ RACE_IN("device E nouveau-2019 M 0 0x1000 strategy=custom"),
	  "x.in:11: device: expected strategy=none, per-page, per-table, per-table-local, per-range, per-pass or per-call, found \"custom\"" },
	{ RACE_IN("device E odp M 0 0x1000 tries=-1"),
	  "x.in:11: device: expected tries=N, a number from 0 to 1048576, found \"-1\"" },
	{ RACE_IN("device E odp M 0 0x1000 touch=yes"),
	  "x.in:11: device: expected owner=, strategy=, correction=, tries= or memory=, found \"touch=yes\"" },
	{ RACE_TOP(MIRROR("ram=device", "odp", "memory=P")),
	  "x.in:5: device: expected memory= of a dmirror or test-hmm, found \"P\"" },
	{ RACE_TOP(MIRROR("ram=device", "dmirror", "memory=M")),
	  "x.in:5: device: expected memory=PGMAP, a pgmap and not an mm, found \"M\"" },
	{ RACE_TOP(MIRROR("ram=migrate", "dmirror", "memory=P")),
	  "x.in:5: device: expected memory=PGMAP of type coherent, or private with ram=device, found \"P\"" },
	{ RACE_TOP(MIRROR("ram=device refs=5.18", "test-hmm", "memory=P")),
	  "x.in:5: device: expected memory=PGMAP with refs=6.1 or 6.15, found \"P\"" },
	{ RACE_TOP(
		  "pgmap P 8 10 type=private owner=1 ram=device\nmm M\ndevice E dmirror M 0 0x1000 owner=2 memory=P"),
	  "x.in:5: device: expected memory=PGMAP with the owner of the device, found \"P\"" },
	{ RACE_TOP(MIRROR("ram=device", "dmirror",
			  "memory=P") "\ndevice F dmirror M 0 0x1000 owner=1 memory=P"),
	  "x.in:6: device: expected memory=PGMAP that no other device has, found \"P\"" },
	{ RACE_TOP(MIRROR("ram=device", "test-hmm", "correction=sequence")),
	  "x.in:5: device: expected correction=none, all, or with + between them: own-pages own-events migrate-walk exclusive-check evict-all, found \"sequence\"" },
	{ RACE_IN("mmap N 0x2000 0x3000 rw"),
	  "x.in:11: mmap: expected MM, an mm of a line above, found \"N\"" },
	{ RACE_IN("mmap A 0x2000 0x3000 rw"),
	  "x.in:11: mmap: expected MM, an mm and not a pgmap, found \"A\"" },
	{ RACE_IN("mmap M 0x2000 0x3000"),
	  "x.in:11: mmap: expected MM START END FLAGS, found 3 words" },
	{ RACE_IN("mmap M 0x2000 0x41000 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x41000\"" },
	{ RACE_IN("mmap M 0x2000 0x2000 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x2000\"" },
	{ RACE_IN("mmap M 0x2000 0x2800 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x2800\"" },
	{ RACE_IN("mmap M 0x1000 0x3000 rw"),
	  "x.in:11: mmap: expected addresses that line 6 does not map" },
	{ RACE_IN("mmap M 0x2000 0x3000 rq"),
	  "x.in:11: mmap: expected - or letters of rwxspimhH, each once, not both h and H, found \"rq\"" },
	{ RACE_IN("mmap M 0x2000 0x3000 rwh"),
	  "x.in:11: mmap: expected START and END to be multiples of the huge page size, found \"rwh\"" },
	{ RACE_IN("mmap M 0x2000 0x3000 rw of=A"),
	  "x.in:11: mmap: expected of=FILE, a file and not a pgmap, found \"A\"" },
	{ RACE_IN("mmap M 0x2000 0x5000 rw of=F"),
	  "x.in:11: mmap: expected of=FILE with the pages of the range, found \"F\"" },
	{ RACE_IN("mmap M 0x2000 0x3000 rw of=F pgoff=2"),
	  "x.in:11: mmap: expected pgoff=N, a number from 0 to 1, found \"2\"" },
	{ RACE_IN("mmap M 0x2000 0x3000 rw pgoff=2"),
	  "x.in:11: mmap: expected of=FILE with pgoff=, found \"2\"" },
	{ RACE_IN("mmap M 0x2000 0x3000 rw gate=L"),
	  "x.in:11: mmap: expected gate=GATE, a gate and not a flag, found \"L\"" },
	{ RACE_IN("pgmap B 10 12 type=generic\nfile H B 10 1\nmmap M 0x2000 0x3000 rw of=H"),
	  "x.in:13: mmap: expected FLAGS with s, because a device is mapped shared, found \"rw\"" },
};

static void bad_objects_are_refused_in_words(void **state)
{
	(void)state;
	race_must_refuse_all(refused, COUNT(refused));
}

/* ---- what the machine allows -------------------------------------------------------------- */

/* The geometry says which addresses there are, the machine how large a subsection is. */
static void the_machine_says_what_fits(void **state)
{
	static const char big[] = "hmmsim 1\nrace a\nmachine geometry=x86_64 section=15 "
				  "subsection=9\npgmap A 0x200 0x400\nmm M\n"
				  "mmap M 0x7ffffffff000 0x800000000000 r\ntask t\nrcu-sync\n";
	static const char small[] =
		"hmmsim 1\nrace a\nmachine subsection=2\npgmap A 2 4\ntask t\nrcu-sync\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char error[1024];

	(void)state;
	race_must_parse(&mem, big, &race);
	race_round_trip(&mem, &race);
	hs_race_free(&mem, &race);
	race_must_parse(&mem, RACE_TOP("machine section=0"), &race);
	assert_int_equal(race.subsection_order, 0);
	hs_race_free(&mem, &race);
	race_must_parse(&mem, RACE_TOP("machine section=15"), &race);
	assert_int_equal(race.subsection_order, 9);
	hs_race_free(&mem, &race);
	assert_int_equal(race_parse(&mem, small, NULL, 0, &race, error), -EINVAL);
	assert_string_equal(error, "x.in:4: pgmap: expected START_PFN, a multiple of 4 (a "
				   "subsection) from 0x0 to 0xfffffffffc, found \"2\"");
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_objects_are_refused_in_words),
		cmocka_unit_test(the_machine_says_what_fits),
	};

	return cmocka_run_group_tests_name("race_objects", tests, NULL, NULL);
}
