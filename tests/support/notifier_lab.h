/* SPDX-License-Identifier: MIT */
/*
 * notifier_lab.h - the notifiers of an address space, and probes that note what they are told
 */
#ifndef HS_TESTS_NOTIFIER_LAB_H
#define HS_TESTS_NOTIFIER_LAB_H

#include "notifier/notifier.h"
#include "support/machine.h"

#define PROBES 4

struct probe {
	struct hs_interval_sub sub; /* exactly one of these three is in use */
	struct hs_notifier plain;
	struct hs_mirror mirror;
	char name;
	bool refuse;
	uint32_t hits;
	uint64_t cur_seq;
	struct hs_invalidation inv;   /* of the last call */
	struct hs_mutex *lock;	      /* NULL: none */
	struct hs_interval_sub *peek; /* callback: begin a read there */
	uint64_t peeked;	      /* ... which gave this */
};

struct notifier_lab {
	struct machine m;
	struct hs_notifiers *ns;
	struct hs_hmm *hmm;
	struct hs_mutex lock;
	struct probe probe[PROBES];
	char log[64]; /* two characters per call: the probe's name and what happened */
};

/* That of the test that runs. */
extern struct notifier_lab *now;
extern const struct hs_interval_ops probe_ops;

int notifier_lab_setup(void **state);
int notifier_lab_teardown(void **state);

#define notifier_unit_test(f) \
	cmocka_unit_test_setup_teardown(f, notifier_lab_setup, notifier_lab_teardown)

/* For callbacks. '+' a start, '?' a refused one: then false; '-' an end, '!' a release. */
bool probe_told(struct probe *p, const struct hs_invalidation *inv);
void probe_note(struct probe *p, char what);
/* The log since the last time. */
void expect_log(const char *text);

uint64_t seq_now(void);
/* An unmap that may block. */
struct hs_invalidation range(uint64_t start, uint64_t end);
void insert(int i, uint64_t start, uint64_t length);
void remove_probe(int i);
/* In direct mode: the explorer's backend fails it if it would wait. */
uint64_t read_begin(int i);
bool read_retry(int i, uint64_t seq);
void section_start(const struct hs_invalidation *inv);
void section_end(const struct hs_invalidation *inv);

#endif
