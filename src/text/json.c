/* SPDX-License-Identifier: MIT */
/*
 * json.c - writes the members, head and benchmarks of a file for Google Benchmark
 */
#include "text/json.h"

#include <stdio.h>

/* ---- members ----------------------------------------------------------------------------- */

void hs_json_string(struct hs_out *out, const char *text)
{
	char escaped[8];

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			hs_out_char(out, *text);
			continue;
		}
		snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		hs_out_text(out, escaped);
	}
}

static void json_put_text(struct hs_out *out, const char *text)
{
	hs_out_char(out, '"');
	hs_json_string(out, text);
	hs_out_char(out, '"');
}

static void json_member(struct hs_out *out, const char *name)
{
	hs_out_text(out, ",\n      \"");
	hs_out_text(out, name);
	hs_out_text(out, "\": ");
}

void hs_json_text(struct hs_out *out, const char *name, const char *value)
{
	json_member(out, name);
	json_put_text(out, value);
}

void hs_json_number(struct hs_out *out, const char *name, uint64_t value)
{
	json_member(out, name);
	hs_out_decimal(out, value);
}

void hs_json_signed(struct hs_out *out, const char *name, int64_t value)
{
	json_member(out, name);
	hs_out_signed(out, value);
}

void hs_json_double(struct hs_out *out, const char *name, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.6e", value);
	json_member(out, name);
	hs_out_text(out, text);
}

void hs_json_ps(struct hs_out *out, const char *name, uint64_t ps)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(ps / 1000),
		 (unsigned int)(ps % 1000));
	json_member(out, name);
	hs_out_text(out, text);
}

/* ---- the file ---------------------------------------------------------------------------- */

void hs_json_head(struct hs_out *out, const struct hs_json_context *context, size_t count)
{
	hs_out_text(out, "{\n  \"context\": {");
	for (size_t i = 0; i < count; i++) {
		hs_out_text(out, i ? ",\n    \"" : "\n    \"");
		hs_out_text(out, context[i].name);
		hs_out_text(out, "\": ");
		if (context[i].text)
			json_put_text(out, context[i].text);
		else
			hs_out_decimal(out, context[i].number);
	}
	hs_out_text(out, "\n  },\n  \"benchmarks\": [\n");
}

void hs_json_tail(struct hs_out *out)
{
	hs_out_text(out, "\n  ]\n}\n");
}

/* ---- benchmarks -------------------------------------------------------------------------- */

void hs_json_begin(struct hs_out *out, bool first, const struct hs_out *run_name,
		   const char *suffix, uint64_t family)
{
	out->failed |= run_name->failed;
	hs_out_text(out, first ? "    {\n      \"name\": \"" : ",\n    {\n      \"name\": \"");
	hs_out_bytes(out, run_name->bytes, run_name->used);
	hs_out_text(out, suffix);
	hs_out_char(out, '"');
	if (family != HS_JSON_NO_FAMILY) {
		hs_json_number(out, "family_index", family);
		hs_json_number(out, "per_family_instance_index", 0);
	}
	json_member(out, "run_name");
	hs_out_char(out, '"');
	hs_out_bytes(out, run_name->bytes, run_name->used);
	hs_out_char(out, '"');
}

void hs_json_run(struct hs_out *out, uint64_t repetitions, uint64_t index, uint64_t threads,
		 uint64_t iterations)
{
	hs_json_text(out, "run_type", "iteration");
	hs_json_number(out, "repetitions", repetitions);
	hs_json_number(out, "repetition_index", index);
	hs_json_number(out, "threads", threads);
	hs_json_number(out, "iterations", iterations);
}

void hs_json_aggregate(struct hs_out *out, const char *statistic, uint64_t repetitions)
{
	hs_json_text(out, "run_type", "aggregate");
	hs_json_number(out, "repetitions", repetitions);
	hs_json_number(out, "threads", 1);
	hs_json_text(out, "aggregate_name", statistic);
	hs_json_text(out, "aggregate_unit", "time");
	hs_json_number(out, "iterations", repetitions);
}

void hs_json_end(struct hs_out *out)
{
	hs_out_text(out, "\n    }");
}
