#!/bin/sh
# SPDX-License-Identifier: MIT
# module_places.sh <name> <object> <prefix>...: prints C that tells the explorer of foreign code what
# its data is, and where each call of an object that ld -r has made is in the source. The longest prefix
# is left out at the begin of a file's name: a build folder may be inside the source folder.
set -eu
name=$1
object=$2
shift 2

cat <<EOF
/* SPDX-License-Identifier: MIT */
/* Made by module_places.sh: do not edit. */
#include <stdlib.h>

#include <hmmsim/races.h>
#include <hmmsim/races_places.h>

extern const char foreign_${name}_code[];
extern char foreign_${name}_data[], foreign_${name}_data_end[];
extern const int foreign_${name}_places;

static const struct hs_races_place place[] = {
EOF
# A call of the compiler's: its relocation is the last 4 bytes of it. Of what is inlined the line is
# that of the access, or of the call of one of <hmmsim/linux.h>; the function is the one that it is in.
objdump -r -j foreign_code "$object" | awk '/__tsan_/ && !/_func_/ { print $1 }' | sort -u |
	addr2line -a -f -i -j foreign_code -e "$object" |
	awk -v prefixes="$*" '
	function finish() {
		if (at != "")
			printf "\t{ %s + 4, \"%s: %s()\" },\n", at, file, name
	}
	BEGIN { count = split(prefixes, prefix, " ") }
	/^0x/ { finish(); at = $1; file = ""; line = 0; next }
	++line % 2 { name = $1; next }
	file == "" || ours {
		file = $1
		ours = file ~ /\/hmmsim\/linux[^\/]*\.h:/
		while (sub(/[^\/]+\/\.\.\//, "", file)) {}
		longest = 0
		for (i = 1; i <= count; i++)
			if (index(file, prefix[i]) == 1 && length(prefix[i]) > longest)
				longest = length(prefix[i])
		file = substr(file, longest + 1)
	}
	END { finish() }'
cat <<EOF
};

static struct hs_races_places places = { foreign_${name}_code, place, sizeof(place) / sizeof(place[0]),
					 NULL };

/* ld -r asks for it, so that this is linked where the code is. */
const int foreign_${name}_places = 1;

static void __attribute__((__constructor__)) foreign_${name}_begin(void)
{
	hs_races_places_add(&places);
	if (hs_races_foreign(foreign_${name}_data,
			     (size_t)(foreign_${name}_data_end - foreign_${name}_data)))
		abort();
}
EOF
