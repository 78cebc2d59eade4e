#!/bin/sh
# SPDX-License-Identifier: MIT
# memremap_p2pdma.sh <program of the model> <program of the kernel>: the last put of a P2PDMA page against
# the removal. The model is clean; of v6.12's code the page is used after it is freed.
set -eu
model=$("$1" p2pdma 2>/dev/null) || { echo "the model: $model" >&2; exit 1; }
status=0
kernel=$("$2" p2pdma 2>/dev/null) || status=$?
printf '%s\n' "$model" | grep '^p2pdma page: 2 outcomes$'
[ "$status" -eq 1 ] || { echo "the kernel's code: no finding ($status)" >&2; exit 1; }
printf '%s\n' "$kernel" |
	grep '^p2pdma page: 0, .* by page at mm/memremap.c:[0-9]*: free_zone_device_folio(); its free by remover'
