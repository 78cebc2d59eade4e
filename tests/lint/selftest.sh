#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# selftest.sh: every check of this directory passes what is right and refuses a planted violation.
set -euo pipefail
lint=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$lint/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect <status> <check> <argument>...
expect() {
	local want=$1 got=0
	shift
	"$lint/$1" "${@:2}" >"$work/output" 2>&1 || got=$?
	if [ "$got" != "$want" ]; then
		echo "$* exited with $got instead of $want: $case" >&2
		sed 's/^/    /' "$work/output" >&2
		failed=1
	fi
}

# plant <path>: a file of a fresh tree, from standard input.
plant() {
	mkdir -p "$(dirname "$work/tree/$1")"
	cat >"$work/tree/$1"
}

fresh() {
	case=$1
	rm -rf "$work/tree"
	mkdir -p "$work/tree/src" "$work/tree/include/hmmsim"
	cp "$root/.clang-format" "$work/tree/"
}

check_seam() {
	fresh "the seam and host code may include host headers"
	plant src/port/native/a.c <<<'#include <pthread.h>'
	plant src/tool/a.c <<<'#include <time.h>'
	plant src/capture/a.c <<<'#include <unistd.h>'
	plant src/port/b.h <<<'#if HS_BACKEND_EXPLORE'
	plant src/mm/a.c <<<'/* not <pthread.h> */'
	expect 0 seam.sh "$work/tree/src"
	local header
	for header in pthread stdatomic time threads; do
		fresh "<$header.h> in the model"
		plant src/mm/a.h <<<"#  include <$header.h>"
		expect 1 seam.sh "$work/tree/src"
	done
	fresh "<unistd.h> in a text"
	plant src/text/a.c <<<'#include <unistd.h>'
	expect 1 seam.sh "$work/tree/src"
	fresh "<time.h> in the explorer"
	plant src/explore/a.c <<<'#include <time.h>'
	expect 1 seam.sh "$work/tree/src"
	fresh "backend #ifdef in the model"
	plant src/walk/a.c <<<'#ifdef HS_BACKEND_NATIVE'
	expect 1 seam.sh "$work/tree/src"
	fresh "backend #elif in the explorer"
	plant src/explore/a.c <<<'#elif defined(HS_BACKEND_EXPLORE)'
	expect 1 seam.sh "$work/tree/src"
}

check_floors() {
	fresh "downwards"
	plant src/mm/a.c <<<'#include "memory/page.h"'
	plant src/explore/a.c <<<'#include "port/explore/sched.h"'
	plant src/memory/a.c <<<'#include <hmmsim/walk.h>'
	expect 0 floors.sh "$work/tree/src"
	fresh "upwards"
	plant src/memory/a.c <<<'#include "mm/vma.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "upwards in angle brackets"
	plant src/pgmap/a.c <<<'#include <walk/walk.h>'
	expect 1 floors.sh "$work/tree/src"
	fresh "upwards by a relative path"
	plant src/pgmap/a.c <<<'#include "../walk/walk.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "a backend's header in the model"
	plant src/mm/a.c <<<'#include "port/native/arena.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "a backend's header in host code"
	plant src/capture/a.c <<<'#include "port/native/arena.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "the engine's header in the model"
	plant src/mm/a.c <<<'#include "port/explore/sched.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "one backend's header in the other"
	plant src/port/explore/a.c <<<'#include "port/native/arena.h"'
	expect 1 floors.sh "$work/tree/src"
	fresh "an unknown floor"
	plant src/attic/a.c <<<''
	expect 1 floors.sh "$work/tree/src"
}

check_entries() {
	fresh "entries that change in one place, and words of others"
	plant src/mm/entry.h <<<'hs_u64_store(self, entry, to, HS_RELEASE);'
	plant src/mm/table.c <<<'hs_entry_begin(&table[i], 0); e = &table[0]; if (e->raw == was) return;'
	plant src/mm/a.c <<<'const uint64_t *e = hs_pt_find(mm, addr, 0, NULL); hs_u64_load(self, e);'
	plant src/device/dmirror.c <<<'hs_u64_store(self, &dev->table[i], 0, HS_RELAXED);'
	plant src/pgmap/a.c <<<'hs_u64_store(self, &page->private, 0, HS_RELAXED);'
	plant src/port/a.c <<<'more[k].raw = 0;'
	expect 0 entries.sh "$work/tree/src"
	local text
	for text in 'hs_u64_store(f->self, f->entry,' 'hs_u64_xchg(self, e, 0, HS_ACQ_REL);' 'e->raw = 0;' \
		'table[i].raw |= HS_ENTRY_WRITE;' '*hs_pt_find(mm, addr, 0, NULL) = 0;' \
		'uint64_t *e = hs_pt_find(mm, addr, 0, NULL);' 'hs_entry_begin(e, 0);' \
		'__atomic_store_n(&e->raw, 0, 0);' 'e = (hs_u64 *)hs_pt_find(mm, addr, 0, NULL);'; do
		fresh "an entry stored in mm: $text"
		plant src/mm/zap.c <<<"$text"
		expect 1 entries.sh "$work/tree/src"
	done
	fresh "an entry stored in a walker"
	plant src/mm/a.c <<<''
	plant src/walk/walk.h <<<'hs_u64_store(w->self, entry, 0, HS_RELEASE);'
	expect 1 entries.sh "$work/tree/src"
	fresh "an entry stored in a device"
	plant src/mm/a.c <<<''
	plant src/device/dmirror.c <<<'hs_u64_store(self, &dev_table[i], 0, HS_RELAXED);'
	expect 1 entries.sh "$work/tree/src"
	fresh "no files"
	expect 2 entries.sh "$work/tree/src"
}

compile_model() {
	"${CC:-cc}" -O1 -c "$work/tree/src/$1.c" -o "$work/tree/$1.o"
}

check_model_symbols() {
	fresh "the seam, the model itself and pure functions"
	plant src/a.c <<-'C'
		#include <string.h>
		int hs_step(void), model_b(void);
		int model_a(const char *s) { return hs_step() + model_b() + (int)strlen(s); }
	C
	plant src/b.c <<<'int model_b(void) { return 1; }'
	compile_model a
	compile_model b
	expect 0 model_symbols.sh "$work/tree/a.o" "$work/tree/b.o"
	expect 1 model_symbols.sh "$work/tree/a.o"
	local symbol
	for symbol in pthread_mutex_lock malloc free clock_gettime nanosleep printf; do
		fresh "a call of $symbol in the model"
		plant src/a.c <<<"void $symbol(void); void model_a(void) { $symbol(); }"
		"${CC:-cc}" -fno-builtin -c "$work/tree/src/a.c" -o "$work/tree/a.o"
		expect 1 model_symbols.sh "$work/tree/a.o"
	done
}

check_refused() {
	fresh "the explorer calls what is not refused, and syscall()"
	plant src/refuse.def <<-'DEF'
		HS_REFUSE(nanosleep, int, (const void *time, void *left), (time, left), REFUSE_SLEEP)
		HS_REFUSE_OWN(syscall, "syscall")
		HS_REFUSE_OWN(read, "read")
	DEF
	plant src/a.c <<<'long syscall(long n, ...), write(int); long f(void) { return syscall(1) + write(2); }'
	compile_model a
	expect 0 refused.sh "$work/tree/src/refuse.def" "$work/tree/a.o"
	local symbol
	for symbol in nanosleep read; do
		fresh "the explorer calls $symbol()"
		plant src/refuse.def <<<"HS_REFUSE_OWN($symbol, \"$symbol\")"
		plant src/a.c <<<"void $symbol(void); void f(void) { $symbol(); }"
		"${CC:-cc}" -fno-builtin -c "$work/tree/src/a.c" -o "$work/tree/a.o"
		expect 1 refused.sh "$work/tree/src/refuse.def" "$work/tree/a.o"
	done
	fresh "a list without calls"
	plant src/refuse.def <<<'/* none */'
	expect 2 refused.sh "$work/tree/src/refuse.def" "$work/tree/a.o"
}

check_tsan_symbols() {
	fresh "a library that ThreadSanitizer looks at"
	plant src/a.c <<<'void __tsan_init(void); void a(void) { __tsan_init(); }'
	compile_model a
	expect 0 tsan_symbols.sh "$work/tree/a.o"
	fresh "a library that takes the place of its runtime"
	plant src/a.c <<<'void __tsan_init(void); void __tsan_init(void) { }'
	compile_model a
	expect 1 tsan_symbols.sh "$work/tree/a.o"
	expect 2 tsan_symbols.sh "$work/tree/none.o"
}

# break_tree: one fault in src/mm/a.c, with a row.
break_tree() {
	plant src/port/common/breaks.def <<<'HS_BREAK_DEF(A_GAP, "mm/a.c", "A lock is dropped.")'
	plant src/mm/a.c <<<'static void f(void) { HS_BREAK_SPIN_GAP(A_GAP, self, lock); }'
	plant tests/model/a.c <<<'{ HS_BREAK_A_GAP, true, &scenario },'
}

check_breaks() {
	fresh "a fault with a row, and a library without faults"
	break_tree
	plant src/b.c <<<'int model_b(void) { return 1; }'
	compile_model b
	expect 0 breaks.sh "$work/tree" "$work/tree/b.o"
	case="a library with faults"
	plant src/b.c <<<'int hs_break_now;'
	compile_model b
	expect 1 breaks.sh "$work/tree" "$work/tree/b.o"
	fresh "a fault without a row"
	break_tree
	plant tests/model/a.c <<<'{ HS_BREAK_A_GAP_B, true, &scenario },'
	expect 1 breaks.sh "$work/tree"
	case="a fault with a run of a bug"
	mkdir -p "$work/tree/tests/regress"
	plant tests/regress/a.c <<<'{ .race = "r", .fault = HS_BREAK_A_GAP,'
	expect 0 breaks.sh "$work/tree"
	case="a run of another fault"
	plant tests/regress/a.c <<<'{ .race = "r", .fault = HS_BREAK_A_GAP_B,'
	expect 1 breaks.sh "$work/tree"
	fresh "a fault in another file"
	break_tree
	plant src/mm/b.c <<<'if (HS_BREAK(A_GAP))'
	expect 1 breaks.sh "$work/tree"
	fresh "a fault of the port, and the macro"
	break_tree
	plant src/port/common/breaks.def <<<'HS_BREAK_DEF(A_GAP, "port/common/a.h", "A lock is dropped.")'
	plant src/port/common/breaks.h <<<'#define HS_BREAK_SPIN_GAP(A_GAP, self, lock) HS_BREAK(A_GAP)'
	plant src/port/common/a.h <<<'HS_BREAK_SPIN_GAP(A_GAP, self, lock);'
	rm "$work/tree/src/mm/a.c"
	expect 0 breaks.sh "$work/tree"
	fresh "a fault that is nowhere"
	break_tree
	plant src/mm/a.c <<<'if (HS_BREAK(A_GAP_B))'
	expect 1 breaks.sh "$work/tree"
	fresh "a fault without a sentence"
	break_tree
	plant src/port/common/breaks.def <<<'HS_BREAK_DEF(A_GAP, "mm/a.c", "gap")'
	expect 1 breaks.sh "$work/tree"
	fresh "a line of another form"
	break_tree
	echo 'HS_BREAK_DEF(B)' >>"$work/tree/src/port/common/breaks.def"
	expect 1 breaks.sh "$work/tree"
	fresh "no list"
	expect 2 breaks.sh "$work/tree"
}

check_headers() {
	local cxx=0
	[ -n "${CXX:-}" ] || cxx=77
	fresh "good headers"
	plant include/hmmsim/hmmsim.h <<<'#include <hmmsim/a.h>'
	plant include/hmmsim/a.h <<-'C'
		#ifndef A_H
		#define A_H
		struct hs_a { int count; };
		#endif
	C
	expect "$cxx" headers.sh "$work/tree/include"
	case="a header without a guard"
	plant include/hmmsim/a.h <<<'struct hs_a { int count; };'
	expect 1 headers.sh "$work/tree/include"
	case="a header that needs another one"
	plant include/hmmsim/a.h <<<'extern uint64_t hs_a;'
	expect 1 headers.sh "$work/tree/include"
	case="GNU C in a header"
	plant include/hmmsim/a.h <<<'static inline int hs_a(void) { return ({ 1; }); }'
	expect 1 headers.sh "$work/tree/include"
	if [ -n "${CXX:-}" ]; then
		case="C that is no C++"
		plant include/hmmsim/a.h <<<'extern int hs_new(int new);'
		expect 1 headers.sh "$work/tree/include"
	fi
	case="a header that the umbrella leaves out"
	plant include/hmmsim/hmmsim.h <<<''
	plant include/hmmsim/a.h <<<'extern int hs_a;'
	expect 1 headers.sh "$work/tree/include"
	fresh "a part of linux.h"
	plant include/hmmsim/hmmsim.h <<<'extern int hs_a;'
	plant include/hmmsim/linux.h <<<'#include <hmmsim/linux_a.h>'
	plant include/hmmsim/linux_a.h <<<'extern int hs_b;'
	expect "$cxx" headers.sh "$work/tree/include"
	case="a part of linux.h that it leaves out"
	plant include/hmmsim/linux.h <<<'extern int hs_c;'
	expect 1 headers.sh "$work/tree/include"
}

check_format() {
	fresh "formatted"
	plant src/a.c <<<'int a;'
	local status=0
	"$lint/format.sh" "$work/tree" >/dev/null 2>&1 || status=$?
	if [ "$status" = 77 ]; then
		echo "format.sh: skipped, no clang-format 14"
		return
	fi
	expect 0 format.sh "$work/tree"
	case="not formatted"
	plant tests/b.c <<<'int  f( void ){return 1;}'
	expect 1 format.sh "$work/tree"
}

check_pte_loop() {
	[ "$(uname -m)" = x86_64 ] || return 0
	fresh "a loop of loads and stores"
	local loop='for (int i = 0; i < n; i++) b[i] ='
	plant src/a.c <<-TEXT
		extern unsigned long f(unsigned long);
		extern __thread int t;
		void good(unsigned long *a, unsigned long *b, int n)
		{ $loop __atomic_load_n(&a[i], 0) + 1; }
		void calls(unsigned long *a, unsigned long *b, int n)
		{ $loop f(a[i]); }
		void locks(unsigned long *a, unsigned long *b, int n)
		{ $loop __atomic_fetch_add(&a[i], 1, 5); }
		void asks(unsigned long *a, unsigned long *b, int n)
		{ $loop __atomic_load_n(&a[i], 0) + *(volatile int *)&t; }
	TEXT
	"${CC:-cc}" -O2 -c "$work/tree/src/a.c" -o "$work/tree/a.o"
	expect 0 pte_loop.sh good "$work/tree/a.o"
	local function
	for function in calls locks asks missing; do
		case="a loop that $function"
		expect 1 pte_loop.sh "$function" "$work/tree/a.o"
	done
}

check_words() {
	local word
	fresh "plain words"
	plant src/a.c <<<'/* The caller that takes the lock had to wait: a body of its own. */'
	plant tests/data/a.out <<<'nobody'
	plant README.md <<<'What the page is, often.'
	expect 0 words.sh "$work/tree"
	for word in whoever Whosoever somebody NOBODY anybody everybody "is had" "are had" "is of" \
		"of old"; do
		fresh "the word $word in a comment"
		plant include/hmmsim/a.h <<<"/* It $word, */"
		expect 1 words.sh "$work/tree"
		fresh "the word $word in a script"
		plant tests/run <<<"echo 'it $word'"
		expect 1 words.sh "$work/tree"
	done
	fresh "the word nobody in a README"
	plant README.md <<<'Nobody.'
	expect 1 words.sh "$work/tree"
	local long
	long=$(printf 'long %.0s' {1..20})
	fresh "comments of 100 columns, and long code"
	printf '/*%96s*/\nconst char a[] = "\\"/*%s";\nchar b;\n' ' ' "$long" | plant src/a.c
	expect 0 words.sh "$work/tree"
	for word in "/* ${long}12345 */" $'/*\n\t'"$long"$'\n*/' "int a; // $long"; do
		fresh "a comment that is too wide"
		plant bench/a.c <<<"$word"
		expect 1 words.sh "$work/tree"
	done
}

check_statics() {
	fresh "names with the nouns of their files"
	plant src/pgmap/create.c <<-'C'
		static const int table[] = { SIZE(1) };
		static int create_check(void);
		static __attribute__((__noinline__)) int pgmap_make(void)
		static const struct hs_a *
		pgmap_create_name(int a);
		static int create_check(void)
		static int PW(a)(void);
	C
	plant src/notifier/notifier.c <<<'static void ns_begin(void)'
	plant src/walk/hooks.h <<<'static inline int st_page(void)'
	plant src/walk/strategy/none.h <<<'static inline int walk_page(void)'
	plant src/port/native/backend.h <<<'HS_ALWAYS_INLINE int hs_load(void)'
	plant src/port/explore/backend.h <<<'static inline int hs_load(void)'
	plant src/port/port.h <<<'static inline int hs_load(void);'
	plant bench/seam.c <<<'static void seam_run(void)'
	expect 0 statics.sh "$work/tree"
	fresh "one name in two files"
	plant src/mm/zap.c <<<'static int mm_range(void)'
	plant src/mm/vma.c <<<'static inline int mm_range(void)'
	expect 1 statics.sh "$work/tree"
	fresh "one name in the C files of two backends"
	plant src/port/native/a.c <<<'static int port_wait(void)'
	plant src/port/explore/a.c <<<'static int port_wait(void)'
	expect 1 statics.sh "$work/tree"
	fresh "a short name"
	plant src/mm/vma.c <<<'static int vma_a(void)'
	expect 1 statics.sh "$work/tree"
	local name
	for name in check_create created_now create; do
		fresh "the name $name, which has no noun of its file"
		plant src/pgmap/create.c <<<"static int $name(void)"
		expect 1 statics.sh "$work/tree"
		fresh "the name $name on a line of its own"
		plant src/pgmap/create.c <<<$'static const struct hs_pgmap *\n'"$name(void)"
		expect 1 statics.sh "$work/tree"
	done
}

check_api_docs() {
	local good
	good=$(cat <<-'C'
		/**
		 * @file a.h
		 * Things.
		 *
		 * *reduced*: some of them.
		 */
		#define HMMSIM_API
		/**
		 * hs_a() - does it
		 * @param self   the calling task
		 * @param[out] b what it is
		 * @param fn     called
		 *
		 * Context: any.
		 *
		 * Return: 0.
		 */
		HMMSIM_API int hs_a(struct hs_task *self, char b[4],
				    void (*fn)(int x, int y)) __attribute__((__format__(__printf__, 1, 2)));
		/** Not of a function. */
		HMMSIM_API extern const int hs_object;
		/**
		 * hs_b() - does it
		 *
		 * Context: any.
		 */
		static inline void hs_b(void)
		{
		}
	C
	)
	fresh "a header with a whole reference"
	plant include/hmmsim/a.h <<<"$good"
	expect 0 api_docs.sh "$work/tree/include"
	local missing
	for missing in '@param self' '@param\[out\] b' '@param fn' 'Context:' 'Return:' 'hs_a() - ' \
		'hs_b() - ' '@file' 'reduced'; do
		fresh "a header without $missing"
		# shellcheck disable=SC2001 # some are patterns
		sed "s/$missing//" <<<"$good" | plant include/hmmsim/a.h
		expect 1 api_docs.sh "$work/tree/include"
	done
	fresh "a block that is not directly above its function"
	plant include/hmmsim/a.h <<<"${good/static inline/$'\n'static inline}"
	expect 1 api_docs.sh "$work/tree/include"
	fresh "a function without a block"
	plant include/hmmsim/a.h <<<"$good"$'\nHMMSIM_API void hs_c(void);'
	expect 1 api_docs.sh "$work/tree/include"
}

check_tidy() {
	local status=0
	fresh "tidy"
	cp "$root/.clang-tidy" "$work/tree/"
	plant src/a.c <<<'int f(int a); int f(int a) { return a == 1 ? 2 : a; }'
	plant src/a.h <<<''
	plant build/made.c <<<'int f('
	# As CMake writes it.
	plant build/compile_commands.json <<-JSON
		[
		{
		  "directory": "$work/tree",
		  "command": "gcc -falign-loops=32 -Wlogical-op -c $work/tree/src/a.c",
		  "file": "$work/tree/src/a.c",
		  "output": "a.o"
		},
		{
		  "directory": "$work/tree",
		  "command": "gcc -c $work/tree/build/made.c",
		  "file": "$work/tree/build/made.c",
		  "output": "made.o"
		}
		]
	JSON
	"$lint/tidy.sh" "$work/tree" "$work/tree/build/compile_commands.json" >/dev/null 2>&1 ||
		status=$?
	if [ "$status" = 77 ]; then
		echo "tidy.sh: skipped, no clang-tidy 14"
		return
	fi
	expect 0 tidy.sh "$work/tree" "$work/tree/build/compile_commands.json"
	case="the same on both sides"
	plant src/a.c <<<'int f(int a); int f(int a) { return a == a; }'
	expect 1 tidy.sh "$work/tree" "$work/tree/build/compile_commands.json"
	case="a finding in a header"
	plant src/a.c <<<'#include "a.h"'
	plant src/a.h <<<'int f(int a); int f(int b);'
	expect 1 tidy.sh "$work/tree" "$work/tree/build/compile_commands.json"
	case="a file that clang cannot compile"
	plant src/a.c <<<'int f('
	expect 1 tidy.sh "$work/tree" "$work/tree/build/compile_commands.json"
}

check_docs() {
	fresh "documents that are right"
	plant src/a.c <<<'int hs_walk(void); /* test: device_model_full */'
	plant src/README.md <<-'TEXT'
		# A tour, of `sources`
		[top](../README.md), [below](#same-reduced), [web](https://example.org/none)
		`hs_walk()` is asserted by `test_device_model_full`; `walk.h` and `a|b` are no names.

		    [no link](none.md), `no_name`

		## Same, reduced
		| a | b |
		|---|---|
		| `x\|y` | [tour](../README.md#hmmsim) |
	TEXT
	plant README.md <<<'# hmmsim'
	expect 0 docs.sh "$work/tree"
	local text
	for text in '[a](none.md)' '[a](../README.md#none)' '[a](#none) [b](a.c)' '`hs_wlak()`' \
		'`test_no_model`' $'| a | b |\n|---|---|\n| a |' $'| a |\n|---|\n| a | b |'; do
		case="a document with $text"
		plant src/README.md <<<"$text"
		expect 1 docs.sh "$work/tree"
	done
	fresh "a comment that cites a race"
	plant README.md <<<'# hmmsim'
	plant src/text/scenarios/page.txt <<<$'hmmsim 1\nrace page-taken\nrace page-kept'
	plant src/a.c <<<'/* (src/text/scenarios/page.txt: page-taken, page-kept) (other.txt: none) */'
	expect 0 docs.sh "$work/tree"
	case="a comment that cites a race which is not there"
	plant src/a.c <<<'/* (src/text/scenarios/page.txt: page-taken, page) */'
	expect 1 docs.sh "$work/tree"
	fresh "a README of 200 lines"
	printf '\n%.0s' {1..200} | plant README.md
	expect 0 docs.sh "$work/tree"
	case="a README of 201 lines"
	printf '\n%.0s' {1..201} | plant README.md
	expect 1 docs.sh "$work/tree"
}

# reviewed: the list of orders becomes that of the tree.
reviewed() {
	mkdir -p "$work/tree/tests/lint"
	"$lint/orders.sh" "$work/tree" --print >"$work/orders.txt"
	{ echo '# why'; cat "$work/orders.txt"; } >"$work/tree/tests/lint/orders.txt"
}

check_orders() {
	fresh "orders as they were reviewed"
	plant src/pgmap/percpu_ref.c <<<''
	plant src/port/native/a.c <<-'C'
	static void
	lock_take(struct hs_task *self, hs_u32 *word)
	{
	    hs_u32_load(self, word, HS_RELAXED); /* not HS_ACQUIRE */
	    hs_u32_cmpxchg(self, word, &seen, 1,
	                   HS_ACQUIRE);
	}
	static void lock_look(void) { hs_u32_load(self, word, HS_RELAXED); }
	C
	reviewed
	grep -qx 'port/native/a.c lock_take: relaxed acquire' "$work/orders.txt" || {
		echo "orders.sh --print: not the orders of the text" >&2
		failed=1
	}
	if grep -q lock_look "$work/orders.txt"; then
		echo "orders.sh --print: a function that is all relaxed" >&2
		failed=1
	fi
	expect 0 orders.sh "$work/tree"
	case="a weaker order"
	sed -i 's/HS_ACQUIRE);$/HS_RELAXED);/' "$work/tree/src/port/native/a.c"
	expect 1 orders.sh "$work/tree"
	fresh "a fence that is gone"
	plant src/pgmap/percpu_ref.c <<<'static void ref_wake(void) { hs_fence(self, HS_SEQ_CST); }'
	plant src/port/native/a.c <<<''
	reviewed
	expect 0 orders.sh "$work/tree"
	plant src/pgmap/percpu_ref.c <<<'static void ref_wake(void) { }'
	expect 1 orders.sh "$work/tree"
	fresh "no list"
	plant src/pgmap/percpu_ref.c <<<''
	expect 2 orders.sh "$work/tree"
}

check_places() {
	local place
	fresh "places without a line, and of files that are not there"
	plant src/mm/fault.c <<<'/* as in "a.c:12" */'
	plant tests/unit/test_a.c <<<'says(r.message, "mm/fault.c:", "other.c:7 fault.h:9");'
	expect 0 places.sh "$work/tree"
	for place in 'mm/fault.c:232' 'fault\.c:7'; do
		fresh "$place in a test"
		plant src/mm/fault.c <<<''
		plant tests/unit/test_a.c <<<"says(r.message, \"at $place\");"
		expect 1 places.sh "$work/tree"
		fresh "$place in a script"
		plant src/mm/fault.c <<<''
		plant tests/unit/test_a.sh <<<"run 2 '^abort: $place: '"
		expect 1 places.sh "$work/tree"
		fresh "$place in a document"
		plant src/mm/fault.c <<<''
		plant src/README.md <<<"a fault waits ($place)"
		expect 1 places.sh "$work/tree"
	done
}

plant_places() {
	plant src/port/port.h <<-'C'
		#define hs_assert(self, cond, ...) hs_assert_at(self, HS_HERE, cond, __VA_ARGS__)
		#define hs_assert_spin(self, l) HS_ASSERT_LOCK(self, hs_spin_held, l)
		#define hs_u32_load(self, w, o) hs_u32_load_at(self, w, o, HS_HERE)
		#define hs_u64_cmpxchg(self, a, e, v, o) \
			hs_u64_cmpxchg_at(self, a, e, \
					  v, o, HS_HERE)
		#define hs_page_to(page) hs_page_to_at(page)
	C
}

check_lines() {
	local call
	fresh "calls on one line, and those that pass no place"
	plant_places
	plant src/mm/fault.c <<-'C'
		/* hs_u32_load(self, */
		void f(void)
		{
			hs_assert(self, g("(", a(1)), "one line");
			hs_assert_at(self, HS_HERE, a,
				     "two lines");
			hs_u32_load_at(self, &w,
				       HS_RELAXED, where);
			hs_page_to(
				a);
		}
	C
	plant src/port/native/a.c <<<$'\ths_u32_add(self,\n\t\t    a);'
	expect 0 lines.sh "$work/tree"
	for call in 'hs_assert(self, a(")"),' 'x = hs_u64_cmpxchg(self, f(a),' 'hs_assert_at(self,' \
		'hs_assert_spin('; do
		fresh "$call on two lines"
		plant_places
		plant src/mm/fault.c <<<$'\t'"$call"$'\n\t\tHS_HERE, b);'
		expect 1 lines.sh "$work/tree"
	done
	fresh "no macros"
	plant src/mm/fault.c <<<''
	expect 2 lines.sh "$work/tree"
}

check_orders
check_places
check_lines
check_docs
check_words
check_statics
check_tidy
check_api_docs
check_seam
check_entries
check_pte_loop
check_floors
check_model_symbols
check_refused
check_tsan_symbols
check_breaks
check_headers
check_format
exit "$failed"
