/* SPDX-License-Identifier: MIT */
#include "support/claim_told.h"
#include "support/test.h"

/* ---- texts -------------------------------------------------------------------------------- */

static const char race_text[] =
	"hmmsim 1\nclaim C15\nby A. Author & \"Co\"\ndate 2019-08-16\n"
	"says So there is no use of a page <outside> the lock of the driver, and what is said here is "
	"longer than a line of a terminal has columns.\nmethod search\n"
	"row outside map-outside strategy=*\nrow flag map-outside strategy=* validity=flag\n"
	"control inside of=outside map-inside\nchange it is mapped under the lock & behind the check\n"
	"control same of=flag map-outside strategy=per-page\nchange nothing that counts\n"
	"claimed outside.S2 = violated\nclaimed flag.S1 = violated\nclaimed outside.S1 != flag.S1\n"
	"note a < b\n\n"
	"race map-outside\nabout the driver touches the page before it takes the lock\n"
	"axis strategy none per-page\naxis validity seq flag\naxis first a b\npgmap A 8 10 refs=5.3\nmm M\n"
	"driver D M 0x0 0x2000 strategy=$strategy validity=$validity\nflag a\nflag b\n"
	"setup\n  entry M 0x0 devrw 8\n  set $first\n"
	"task W\n  retry\n    begin D as=w1\n    walk D 0x0 0x1000 rw as=w2 optional=yes\n"
	"    lock D\n    unlock D\n  until\n"
	"task R\n  await $first\n  zap M 0x0 0x2000 as=r2\n  remove-memory A as=r5\n"
	"check\n  assert-entry D 0x0 no\n\n"
	"race map-inside\npgmap A 8 10\ntask W\n  kill A\n";

static const char walk_text[] =
	"hmmsim 1\nclaim C2\nby B\ndate 2019-08-14\nsays One lookup is enough.\nmethod counts\n"
	"row table walk long strategy=per-table\nrow range walk long strategy=per-range\n"
	"row three three\ncontrol none of=table walk long strategy=none\nchange no lookup\n"
	"claimed range.lookups < table.lookups\nclaimed table.slots != 0\nclaimed three.live = holds\n\n"
	"scenario long\nvma 0x7f0000000000 0x7f0000001000 rw\n"
	"map 0x7f0000000000 4k rw 0x1\nmap 0x7f0000000000 4k rw 0x2\n"
	"map 0x7f0000000000 4k rw 0x3\nmap 0x7f0000000000 4k rw 0x4\n"
	"map 0x7f0000000000 4k rw 0x5\nmap 0x7f0000000000 4k rw 0x6\n"
	"map 0x7f0000000000 4k rw 0x7\nmap 0x7f0000000000 4k rw 0x8\n"
	"map 0x7f0000000000 4k rw 0x9\nreq 0x7f0000000000 0x7f0000001000 F 0 0\nrun\n\n"
	"race three\npgmap A 8 10\ntask first-of-three\n  kill A\n"
	"task second-of-three\n  drain A\ntask third-of-three\n  rcu-sync\n";

static const char note_text[] = "hmmsim 1\nclaim C25\nby C\ndate 2019-08-15\n"
				"says Are there tests? \xe2\x80\x9cNo\xe2\x80\x9d.\n"
				"method none\nnote there is no control.\n";

static const char expected_text[] =
	"C15 verdict=in-part\nC15.outside S2=violated S1=holds\nC15.outside[strategy=per-page] S1=holds\n"
	"C15.flag S1=violated\nC15.inside S2=holds S1=holds\nC15.same S1=violated\n"
	"C2 verdict=confirmed\nC2.table lookups=4 slots=VW:1\nC2.range lookups=1\n"
	"C2.three live=holds\nC2.none lookups=0 slots=VW:1\nC25 verdict=none\n";

static const char *const names[TOLD_CLAIMS] = { "c15.txt", "c02.txt", "c25.txt" };
static const char *const texts[TOLD_CLAIMS] = { race_text, walk_text, note_text };

/* ---- cells -------------------------------------------------------------------------------- */

static char *copy(struct told_kit *kit, const char *words)
{
	char *bytes = hs_hostmem_zalloc(&kit->mem, strlen(words) + 1, 1);

	assert_non_null(bytes);
	memcpy(bytes, words, strlen(words));
	return bytes;
}

static struct hs_claim_cell *add_cell(struct told_kit *kit, unsigned int claim, const char *row,
				      const char *settings)
{
	struct hs_claim_found *found = &kit->found[claim];
	const struct hs_word name = { row, strlen(row) };
	struct hs_claim_cell *cell = &found->cell[found->cells++];

	cell->row = hs_claim_find_row(found->claim, &name);
	cell->settings = copy(kit, settings);
	cell->scenario = copy(kit, row);
	return cell;
}

static void set_number(struct hs_claim_cell *cell, enum hs_claim_field field, int64_t number)
{
	cell->value[field] = (struct hs_claim_value){ .kind = HS_CLAIM_NUMBER, .number = number };
}

/* Of all its properties. */
static void set_extent(struct hs_claim_cell *cell, const char *extent)
{
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++) {
		cell->search[p].executions = (uint64_t)cell->value[HS_CLAIM_EXECUTIONS].number;
		snprintf(cell->search[p].extent, sizeof(cell->search[p].extent), "%s", extent);
	}
}

static struct hs_claim_cell *add_race(struct told_kit *kit, unsigned int claim, const char *row,
				      const char *settings, int64_t executions)
{
	struct hs_claim_cell *cell = add_cell(kit, claim, row, settings);

	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++)
		cell->value[f] = (struct hs_claim_value){
			.kind = HS_CLAIM_WORD,
			.word = f == HS_CLAIM_S4 || f == HS_CLAIM_ANSWER ? HS_CLAIM_NOT_JUDGED
									 : HS_CLAIM_HOLDS,
		};
	set_number(cell, HS_CLAIM_EXECUTIONS, executions);
	set_number(cell, HS_CLAIM_REACHED, executions / 2);
	cell->counts_reached = true;
	set_extent(cell, "yes");
	kit->found[claim].executions += (uint64_t)executions;
	return cell;
}

static struct hs_claim_cell *add_walk(struct told_kit *kit, const char *row, int64_t lookups,
				      const char *slots)
{
	struct hs_claim_cell *cell = add_cell(kit, 1, row, "");

	for (int f = HS_CLAIM_RET; f < HS_CLAIM_SLOTS; f++)
		set_number(cell, (enum hs_claim_field)f, f == HS_CLAIM_LOOKUPS ? lookups : 0);
	cell->value[HS_CLAIM_SLOTS] =
		(struct hs_claim_value){ .kind = HS_CLAIM_TEXT, .text = copy(kit, slots) };
	return cell;
}

/* ---- executions --------------------------------------------------------------------------- */

struct hs_claim_counterexample *told_kit_violate(struct told_kit *kit, struct hs_claim_cell *cell,
						 enum hs_claim_field property, const char *token)
{
	struct hs_claim_counterexample *c = &cell->counterexample[cell->counterexamples++];

	cell->value[property].word = HS_CLAIM_VIOLATED;
	cell->search[property] = (struct hs_claim_search){ .executions = 3, .extent = "no" };
	c->property = property;
	c->message = copy(kit, "c15.txt:27: page 0x8 is <gone> (task W)");
	c->token = copy(kit, token);
	c->report = copy(kit, "> begin D\n");
	c->trace_hash = 0xfeed;
	c->task[c->tasks++] = copy(kit, "W");
	c->task[c->tasks++] = copy(kit, "R");
	return c;
}

void told_kit_moment(struct told_kit *kit, struct hs_claim_counterexample *c, unsigned int task,
		     const char *words)
{
	struct hs_claim_moment *moment;

	moment = hs_hostmem_grow(&kit->mem, c->moment, c->moments, sizeof(*moment));
	assert_non_null(moment);
	c->moment = moment;
	moment[c->moments++] = (struct hs_claim_moment){ .task = task, .words = copy(kit, words) };
}

void told_kit_repeat(struct told_kit *kit, struct hs_claim_cell *cell,
		     const struct hs_claim_counterexample *other, const char *token)
{
	struct hs_claim_counterexample *c = told_kit_violate(kit, cell, other->property, token);

	for (size_t i = 0; i < other->moments; i++)
		told_kit_moment(kit, c, other->moment[i].task, other->moment[i].words);
}

static void add_moments(struct told_kit *kit, struct hs_claim_counterexample *c)
{
	told_kit_moment(kit, c, 0, "begin D as=w1");
	told_kit_moment(kit, c, 0, "walk D 0x0 0x1000 rw as=w2 optional=yes");
	told_kit_moment(kit, c, 1, "remove-memory A as=r5");
}

/* The last step that W has begun. */
static void add_end(struct told_kit *kit, struct hs_claim_counterexample *c)
{
	told_kit_moment(kit, c, 0, "walk D 0x0 0x1000 rw as=w2 optional=yes");
	c->moment[c->moments - 1].goes_on = true;
}

/* ---- the claims --------------------------------------------------------------------------- */

static void find_race_claim(struct told_kit *kit)
{
	struct hs_claim_found *found = &kit->found[0];
	struct hs_claim_cell *none = add_race(kit, 0, "outside", "strategy=none", 20);
	struct hs_claim_cell *page = add_race(kit, 0, "outside", "strategy=per-page", 22);
	struct hs_claim_cell *flag, *inside, *same;
	struct hs_claim_counterexample *long_one;

	add_moments(kit, told_kit_violate(kit, none, HS_CLAIM_S2, "hmmsim1:a:none:1"));
	add_end(kit, none->counterexample);
	add_moments(kit, told_kit_violate(kit, page, HS_CLAIM_S2, "hmmsim1:a:per-page:1"));
	add_end(kit, page->counterexample);
	long_one = told_kit_violate(kit, page, HS_CLAIM_S3, "hmmsim1:a:per-page:3");
	add_moments(kit, long_one);
	long_one->task[long_one->tasks++] = copy(kit, "check");
	told_kit_moment(kit, long_one, 2, "assert-entry D 0x0 no");
	long_one->more = true;
	flag = add_race(kit, 0, "flag", "strategy=none", 5);
	told_kit_violate(kit, flag, HS_CLAIM_S1, "hmmsim1:flag");
	add_race(kit, 0, "flag", "strategy=per-page", 6);
	inside = add_race(kit, 0, "inside", "", 7);
	same = add_race(kit, 0, "same", "", 9);
	add_moments(kit, told_kit_violate(kit, same, HS_CLAIM_S1, "hmmsim1:same"));
	found->verdict = HS_CLAIM_IN_PART;
	found->judged[0] = (struct hs_claim_judged){ .cells = 2, .held = 2 };
	found->judged[1] = (struct hs_claim_judged){ .cells = 2,
						     .held = 1,
						     .left = none->value[HS_CLAIM_S1],
						     .settings = flag[1].settings };
	found->judged[2] = (struct hs_claim_judged){ .cells = 2,
						     .held = 1,
						     .left = none->value[HS_CLAIM_S1],
						     .right = none->value[HS_CLAIM_S1],
						     .settings = page->settings };
	found->flip[0] = (struct hs_claim_flip){ true, 2, 0, HS_CLAIM_S2, inside, none };
	found->flip[1] = (struct hs_claim_flip){ .control = 3, .of = 1 };
	found->flips = 2;
	found->unflipped = &found->claim->row[3];
}

static void find_walk_claim(struct told_kit *kit)
{
	struct hs_claim_found *found = &kit->found[1];
	struct hs_claim_cell *table = add_walk(kit, "table", 4, "VW:1,VW:2,VW:3,VW:4,VW:5,VW:6");
	struct hs_claim_cell *range = add_walk(kit, "range", 4, "0"), *three, *none;

	three = add_race(kit, 1, "three", "", 1);
	set_extent(three, "within 2 preemptions");
	three->bounded = true;
	three->undone = hs_hostmem_zalloc(&kit->mem, 1, sizeof(*three->undone));
	assert_non_null(three->undone);
	three->undone[three->undones++] = copy(kit, "c02.txt:30: rcu-sync");
	none = add_walk(kit, "none", 0, "VW:1");
	found->verdict = HS_CLAIM_IN_PART;
	found->judged[0] = (struct hs_claim_judged){ .cells = 1,
						     .left = table->value[HS_CLAIM_LOOKUPS],
						     .right = range->value[HS_CLAIM_LOOKUPS],
						     .settings = table->settings };
	found->judged[1] = (struct hs_claim_judged){ .cells = 1, .held = 1 };
	found->judged[2] = (struct hs_claim_judged){ .cells = 1, .held = 1 };
	found->flip[0] = (struct hs_claim_flip){ true, 3, 0, HS_CLAIM_LOOKUPS, none, table };
	found->flips = 1;
	found->bounded = three;
	found->never_reached = three;
}

static void parse_claim(struct told_kit *kit, unsigned int i)
{
	struct hs_text text;

	kit->text[i] = (struct hs_claim_text){ names[i], texts[i], strlen(texts[i]) };
	hs_text_init(&text, &kit->mem, names[i], texts[i], strlen(texts[i]));
	if (hs_claim_parse(&text, &kit->claim[i]) != 1)
		fail_msg("%s", text.error);
	kit->found[i] = (struct hs_claim_found){
		.claim = &kit->claim[i],
		.file = names[i],
		.verdict = HS_CLAIM_UNSETTLED,
		.cell = hs_hostmem_zalloc(&kit->mem, 8, sizeof(struct hs_claim_cell)),
	};
	assert_non_null(kit->found[i].cell);
	kit->told[i] = (struct hs_claim_told){ &kit->found[i], &kit->text[i], &kit->expected };
}

void told_kit_begin(struct told_kit *kit)
{
	const struct hs_claim_text expected = { "expected.txt", expected_text,
						sizeof(expected_text) - 1 };
	char error[1024];

	*kit = (struct told_kit){ .mem = { 0 } };
	for (unsigned int i = 0; i < TOLD_CLAIMS; i++)
		parse_claim(kit, i);
	if (hs_claim_expected_parse(&kit->mem, &expected, &kit->expected, error, sizeof(error)))
		fail_msg("%s", error);
	find_race_claim(kit);
	find_walk_claim(kit);
}

void told_kit_end(struct told_kit *kit)
{
	for (unsigned int i = 0; i < TOLD_CLAIMS; i++) {
		hs_claim_found_free(&kit->mem, &kit->found[i]);
		hs_claim_free(&kit->mem, &kit->claim[i]);
	}
	hs_claim_expected_free(&kit->mem, &kit->expected);
	assert_int_equal(kit->mem.live, 0);
}

/* ---- what is printed ---------------------------------------------------------------------- */

void told_kit_golden(const struct hs_out *out, const char *file)
{
	const char *data = getenv("HMMSIM_TEST_DATA");
	static char bytes[1 << 18];
	char path[4096];
	size_t length;
	FILE *golden;

	assert_non_null(data);
	assert_false(out->failed);
	snprintf(path, sizeof(path), "%s/%s", data, file);
	golden = fopen(path, "rb");
	assert_non_null(golden);
	length = fread(bytes, 1, sizeof(bytes), golden);
	fclose(golden);
	if (length == out->used && !memcmp(bytes, out->bytes, length))
		return;
	fwrite(out->bytes, 1, out->used, stdout);
	fail_msg("not as %s, but as above", path);
}

void told_kit_fail_each(struct told_kit *kit,
			int (*print)(struct told_kit *kit, struct hs_out *out))
{
	uint64_t live = kit->mem.live, first = kit->mem.attempts;
	struct hs_out out = { .mem = &kit->mem };
	uint64_t count;

	assert_int_equal(print(kit, &out), 0);
	count = kit->mem.attempts - first;
	assert_true(count > 1);
	hs_out_free(&out);
	for (uint64_t i = 1; i <= count; i++) {
		struct hs_out failing = { .mem = &kit->mem };

		kit->mem.fail_at = kit->mem.attempts + i;
		if (print(kit, &failing) != -ENOMEM)
			fail_msg("allocation %llu of %llu", (unsigned long long)i,
				 (unsigned long long)count);
		kit->mem.fail_at = 0;
		hs_out_free(&failing);
		assert_int_equal(kit->mem.live, live);
	}
}
