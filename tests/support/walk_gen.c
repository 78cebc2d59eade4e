/* SPDX-License-Identifier: MIT */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "port/port.h"
#include "support/walk_gen.h"

#define PAGE HS_PAGE_BYTES
#define HUGE_PAGE ((uint64_t)512 * PAGE)
#define GIGANTIC_PAGE ((uint64_t)512 * HUGE_PAGE)
#define DEVICE_PFN 0x200000u  /* of the first pgmap */
#define PRIVATE_PFN 0x280000u /* of device-private pages: one section */
#define USUAL_PFN 0x10000u

/* ---- chance ------------------------------------------------------------------------------ */

static uint64_t draw(struct gen *g, uint64_t n)
{
	return hs_random_next(&g->seed) % n;
}

static bool one_in(struct gen *g, uint64_t n)
{
	return !draw(g, n);
}

/* Small numbers are more likely, all of 1..n are possible. */
static uint64_t draw_length(struct gen *g, uint64_t n)
{
	return 1 + draw(g, 1 + draw(g, one_in(g, 3) ? n : n < 8 ? n : 8));
}

struct weight {
	uint32_t value, weight;
};

static uint32_t pick(struct gen *g, const struct weight *w, unsigned int n)
{
	uint32_t total = 0, at;

	for (unsigned int i = 0; i < n; i++)
		total += w[i].weight;
	at = (uint32_t)draw(g, total);
	while (at >= w->weight)
		at -= (w++)->weight;
	return w->value;
}

#define PICK(g, weights) pick(g, weights, sizeof(weights) / sizeof((weights)[0]))

/* ---- VMAs -------------------------------------------------------------------------------- */

#define R HS_VM_READ
#define RW (HS_VM_READ | HS_VM_WRITE)

static const struct weight vma_flags[] = {
	{ RW, 40 },
	{ R, 14 },
	{ RW | HS_VM_SHARED | HS_VM_EXEC, 4 },
	{ HS_VM_WRITE, 2 },
	{ 0, 2 },
	{ RW | HS_VM_PFNMAP, 2 },
	{ RW | HS_VM_IO, 2 },
	{ RW | HS_VM_MIXEDMAP, 5 },
	{ RW | HS_VM_HUGETLB, 9 },
	{ R | HS_VM_HUGETLB, 3 },
};

static const uint64_t bases[] = {
	0x200000,
	0x40000000,
	0x3fe00000, /* 2 MiB before a PUD's end */
	0x7f0000000000,
	0x7f7fffe00000, /* 2 MiB before a PGD entry's end */
	HS_SPACE_ADDR_END - 8 * HUGE_PAGE,
};

static uint64_t align(uint64_t addr, uint64_t bytes)
{
	return (addr + bytes - 1) / bytes * bytes;
}

static uint64_t gap_bytes(struct gen *g)
{
	if (one_in(g, 2))
		return 0;
	if (one_in(g, 200))
		return draw(g, 2 * GIGANTIC_PAGE / PAGE) * PAGE;
	return draw_length(g, 1200) * PAGE;
}

static uint64_t vma_bytes(struct gen *g)
{
	if (one_in(g, 5))
		return draw_length(g, 3) * HUGE_PAGE;
	if (one_in(g, 10))
		return draw_length(g, 1500) * PAGE;
	return draw_length(g, 64) * PAGE;
}

static void gen_vmas(struct gen *g)
{
	uint64_t addr = bases[draw(g, sizeof(bases) / sizeof(bases[0]))];
	uint64_t n = 1 + draw(g, 4);

	while (g->s.layout.vma_count < n) {
		struct hs_layout_vma *v = &g->vmas[g->s.layout.vma_count];
		uint64_t unit = PAGE;

		v->flags = PICK(g, vma_flags);
		if (one_in(g, 400))
			v->flags = RW | HS_VM_HUGETLB | HS_VM_HUGETLB_1G;
		if (v->flags & HS_VM_HUGETLB)
			unit = v->flags & HS_VM_HUGETLB_1G ? GIGANTIC_PAGE : HUGE_PAGE;
		if (one_in(g, 6))
			addr = align(addr, HUGE_PAGE);
		v->start = align(addr, unit);
		if (!g->s.layout.vma_count && v->start + unit > HS_SPACE_ADDR_END)
			v->start = HS_SPACE_ADDR_END - unit;
		v->end = v->start + align(vma_bytes(g), unit);
		if (v->end > HS_SPACE_ADDR_END) {
			v->end = HS_SPACE_ADDR_END; /* ends with a whole huge page */
			n = 0;
		}
		if (v->start >= v->end)
			break;
		addr = v->end + gap_bytes(g);
		g->s.layout.vma_count++;
	}
}

/* ---- pgmaps ------------------------------------------------------------------------------ */

static void gen_pgmaps(struct gen *g)
{
	uint64_t pfn = DEVICE_PFN, n = draw(g, GEN_PGMAPS + 1);

	for (; g->s.layout.pgmap_count < n; g->s.layout.pgmap_count++) {
		struct hs_space_pgmap *p = &g->pgmaps[g->s.layout.pgmap_count];

		p->start = pfn;
		p->end = pfn + (one_in(g, 2) ? 512 * draw_length(g, 4) : draw_length(g, 512));
		p->dead = one_in(g, 10);
		pfn = p->end + (one_in(g, 4) ? draw_length(g, 64) : 0);
	}
}

static uint64_t device_pfn(struct gen *g)
{
	const struct hs_space_pgmap *p =
		&g->pgmaps[g->s.layout.pgmap_count ? draw(g, g->s.layout.pgmap_count) : 0];

	if (!g->s.layout.pgmap_count || one_in(g, 30))
		return DEVICE_PFN + draw(g, 4096);
	return p->start + draw(g, p->end - p->start);
}

/* ---- entries ----------------------------------------------------------------------------- */

static const struct weight usual_kinds[] = {
	{ HS_MAP_RW, 40 },   { HS_MAP_RO, 12 },	  { HS_MAP_NONE, 6 },	 { HS_MAP_TBL, 2 },
	{ HS_MAP_PN, 5 },    { HS_MAP_ZERO, 5 },  { HS_MAP_SPECIAL, 2 }, { HS_MAP_SPECIALRW, 2 },
	{ HS_MAP_DEVRO, 6 }, { HS_MAP_DEVRW, 9 }, { HS_MAP_SWAP, 5 },	 { HS_MAP_MIGR, 3 },
	{ HS_MAP_MIGW, 3 },  { HS_MAP_DPR, 4 },	  { HS_MAP_DPW, 4 },	 { HS_MAP_DXR, 2 },
	{ HS_MAP_DXW, 3 },   { HS_MAP_HWP, 2 },	  { HS_MAP_MARKER, 2 },	 { HS_MAP_POISON, 2 },
	{ HS_MAP_BAD, 2 },
};

static const struct weight device_kinds[] = {
	{ HS_MAP_DEVRW, 60 }, { HS_MAP_DEVRO, 20 },  { HS_MAP_RW, 6 },	   { HS_MAP_NONE, 3 },
	{ HS_MAP_MIGW, 2 },   { HS_MAP_SPECIAL, 1 }, { HS_MAP_HWP, 1 },	   { HS_MAP_ZERO, 1 },
	{ HS_MAP_SWAP, 1 },   { HS_MAP_DPW, 2 },     { HS_MAP_POISON, 1 },
};

static uint64_t kind_pfn(struct gen *g, enum hs_map_kind kind, uint32_t level)
{
	uint64_t pfn = USUAL_PFN + draw(g, 0x10000);

	if (!hs_map_has_pfn(kind))
		return 0;
	if (kind == HS_MAP_DEVRO || kind == HS_MAP_DEVRW)
		pfn = device_pfn(g);
	else if (hs_map_is_private(kind))
		return PRIVATE_PFN + draw(g, 0x1000);
	return pfn & ~(hs_map_pages(level) - 1);
}

/* A run of @count entries; returns the address behind it. */
static uint64_t add_map(struct gen *g, uint64_t addr, uint32_t level, uint64_t count,
			enum hs_map_kind kind)
{
	uint64_t bytes = hs_map_pages(level) * PAGE, pfn;

	if (g->s.layout.map_count == GEN_MAPS || addr % bytes || !hs_map_allowed(kind, level) ||
	    addr + count * bytes > HS_SPACE_ADDR_END)
		return addr + count * bytes;
	pfn = kind_pfn(g, kind, level);
	g->maps[g->s.layout.map_count++] = (struct hs_space_map){
		.addr = addr,
		.level = level,
		.count = count,
		.kind = kind,
		.pfn = pfn,
		.owner = hs_map_is_private(kind) ? draw(g, 3) : 0,
	};
	return addr + count * bytes;
}

static enum hs_map_kind draw_kind(struct gen *g, bool device)
{
	return (enum hs_map_kind)(device ? PICK(g, device_kinds) : PICK(g, usual_kinds));
}

/* Entries of pages up to @end, which is not far. */
static void gen_ptes(struct gen *g, uint64_t addr, uint64_t end, bool device)
{
	bool alternate = device && one_in(g, 4);

	while (addr < end && g->s.layout.map_count < GEN_MAPS - 4) {
		uint64_t left = (end - addr) / PAGE, run = draw_length(g, 300);

		if (one_in(g, 8))
			addr += PAGE * draw_length(g, 20);
		if (alternate)
			run = 1 + draw(g, 2);
		if (addr < end)
			addr = add_map(g, addr, 0, run < left ? run : left, draw_kind(g, device));
	}
}

static void gen_entries(struct gen *g, const struct hs_layout_vma *v, bool device)
{
	bool huge = v->flags & HS_VM_HUGETLB;
	uint64_t addr = v->start;

	while (addr < v->end && g->s.layout.map_count < GEN_MAPS - 4) {
		uint64_t next = align(addr + 1, HUGE_PAGE);

		if (v->flags & HS_VM_HUGETLB_1G && addr % GIGANTIC_PAGE == 0)
			next = add_map(g, addr, 2, 1, draw_kind(g, device));
		else if (addr % HUGE_PAGE == 0 && (huge ? !one_in(g, 20) : one_in(g, 3)))
			next = add_map(g, addr, 1, 1, draw_kind(g, device));
		else if (!one_in(g, 12))
			gen_ptes(g, addr, next < v->end ? next : v->end, device);
		addr = next;
	}
}

/* Lines that come late: entries of other sizes over what is there, in gaps, and whole PUDs. */
static void gen_more_entries(struct gen *g)
{
	const struct hs_layout_vma *v = &g->vmas[draw(g, g->s.layout.vma_count)];
	uint64_t addr = v->start + draw(g, (v->end - v->start) / PAGE + 20) * PAGE;
	uint32_t level = one_in(g, 3) ? 0 : one_in(g, 4) ? 2 : 1;
	uint64_t bytes = hs_map_pages(level) * PAGE;
	enum hs_map_kind kind = draw_kind(g, one_in(g, 2));

	if (hs_map_hugetlb_only(kind, level))
		kind = HS_MAP_DEVRW;
	add_map(g, addr / bytes * bytes, level, 1, kind);
}

static void gen_maps(struct gen *g)
{
	bool device = one_in(g, 3);

	for (size_t i = 0; i < g->s.layout.vma_count; i++)
		gen_entries(g, &g->vmas[i], device);
	while (one_in(g, 5))
		gen_more_entries(g);
}

/* ---- rules and requests ------------------------------------------------------------------ */

static const struct weight actions[] = {
	{ HS_ACTION_OK, 40 },	    { HS_ACTION_OKRW, 20 },    { HS_ACTION_ZERO, 8 },
	{ HS_ACTION_THP, 8 },	    { HS_ACTION_NOOP, 5 },     { HS_ACTION_SIGBUS, 4 },
	{ HS_ACTION_OOM, 2 },	    { HS_ACTION_HWPOISON, 2 }, { HS_ACTION_RETRY, 4 },
	{ HS_ACTION_COMPLETED, 4 }, { HS_ACTION_INVAL, 3 },
};

static enum hs_fault_action draw_action(struct gen *g)
{
	return (enum hs_fault_action)PICK(g, actions);
}

static void gen_rules(struct gen *g)
{
	struct hs_walk_scenario *s = &g->s;
	uint64_t pages = (s->req.end - s->req.start) / PAGE + 1;

	s->rules.action = draw_action(g);
	while (s->rules.by_call_count < GEN_RULES && one_in(g, 4))
		g->by_call[s->rules.by_call_count++] =
			(struct hs_fault_rule){ .key = draw_length(g, 40),
						.action = draw_action(g) };
	while (s->rules.by_addr_count < GEN_RULES && one_in(g, 4))
		g->by_addr[s->rules.by_addr_count++] =
			(struct hs_fault_rule){ .key = s->req.start + draw(g, pages) * PAGE,
						.action = draw_action(g) };
	s->rules.migration_stays = one_in(g, 4);
	s->retry_at = one_in(g, 4) ? 1 + draw(g, 6) : 0;
	s->maxwalks = 3 + draw(g, 10);
}

static void gen_range(struct gen *g)
{
	uint64_t first = g->vmas[0].start, end = g->vmas[g->s.layout.vma_count - 1].end;
	uint64_t most = one_in(g, 100) ? (uint64_t)1 << 18 : 4096;
	struct hs_walk_req *r = &g->s.req;

	r->start = first;
	if (one_in(g, 3))
		r->start += draw(g, (end - first) / PAGE) * PAGE;
	else if (one_in(g, 4))
		r->start -= PAGE * draw_length(g, first / PAGE < 600 ? first / PAGE : 600);
	r->end = end;
	if (one_in(g, 3))
		r->end = r->start + draw_length(g, (end - r->start) / PAGE) * PAGE;
	else if (one_in(g, 6))
		r->end += draw_length(g, 700) * PAGE;
	if (r->end > r->start + most * PAGE)
		r->end = r->start + most * PAGE;
	if (r->end > HS_SPACE_ADDR_END)
		r->end = HS_SPACE_ADDR_END;
	if (one_in(g, 300))
		r->end = r->start;
}

static struct hs_walk_flags draw_flags(struct gen *g)
{
	static const uint64_t bits[] = { HS_PFN_VALID,
					 HS_PFN_VALID | HS_PFN_WRITE,
					 HS_PFN_WRITE,
					 HS_PFN_VALID | HS_PFN_ERROR,
					 0,
					 0xdead };
	struct hs_walk_flags f = { bits[draw(g, sizeof(bits) / sizeof(bits[0]))], one_in(g, 6) };

	return f;
}

static void gen_request(struct gen *g)
{
	static const struct hs_walk_flags none, all = { UINT64_MAX, false };
	struct hs_walk_req *r = &g->s.req;
	uint64_t pages = (r->end - r->start) / PAGE;

	r->owner = draw(g, 3);
	r->defaults = one_in(g, 2) ? none : draw_flags(g);
	r->mask = one_in(g, 3) ? none : one_in(g, 8) ? draw_flags(g) : all;
	g->s.snapshot = one_in(g, 5);
	while (pages && g->s.in_count < GEN_INS && !one_in(g, 4)) {
		struct hs_walk_in *in = &g->ins[g->s.in_count++];

		in->index = draw(g, pages);
		in->count = draw_length(g, pages - in->index);
		in->flags = draw_flags(g);
	}
}

/* ---- a scenario -------------------------------------------------------------------------- */

static void point_home(struct gen *g)
{
	g->s.layout.name = g->name;
	g->s.layout.overlaps = true;
	g->s.layout.vmas = g->vmas;
	g->s.layout.maps = g->maps;
	g->s.layout.pgmaps = g->pgmaps;
	g->s.rules.by_call = g->by_call;
	g->s.rules.by_addr = g->by_addr;
	g->s.ins = g->ins;
}

void gen_copy(struct gen *to, const struct gen *from)
{
	*to = *from;
	point_home(to);
}

void gen_scenario(struct gen *g, uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->seed = seed * 0xd1342543de82ef95u;
	snprintf(g->name, sizeof(g->name), "seed-%" PRIu64, seed);
	point_home(g);
	gen_vmas(g);
	gen_pgmaps(g);
	gen_maps(g);
	gen_range(g);
	gen_rules(g);
	gen_request(g);
}
