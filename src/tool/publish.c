/* SPDX-License-Identifier: MIT */
/*
 * publish.c - where the record of an exploration goes
 */
#include "tool/publish.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/options.h"
#include "tool/output.h"

static bool publish_is_input(const char *output, const char *input)
{
	return !strcmp(input, "-") ? hs_output_is_descriptor(output, STDIN_FILENO)
				   : hs_output_is_file(output, input);
}

/* What else the output would be; NULL: nothing. */
static const char *publish_find_same(const struct hs_publish *to, const char *output,
				     const char *const *inputs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (publish_is_input(output, inputs[i]))
			return "what is read";
	if (hs_output_is_descriptor(output, STDOUT_FILENO))
		return "standard output";
	if (output != to->json && to->json && hs_output_is_file(output, to->json))
		return "that of --json";
	return NULL;
}

static int publish_check_file(const struct hs_publish *to, const char *option, const char *output,
			      const char *const *inputs, size_t count)
{
	const char *same;

	if (!output || hs_tool_is_stdout(output))
		return HS_EXIT_DONE;
	same = publish_find_same(to, output, inputs, count);
	if (!same)
		return hs_output_check("hmmsim", output);
	fprintf(stderr, "hmmsim %s: --%s: expected another file than %s, found '%s'\n", to->verb,
		option, same, output);
	return HS_EXIT_USAGE;
}

static bool publish_prints(const char *output)
{
	return output && hs_tool_is_stdout(output);
}

/* Both cannot be on standard output. */
static int publish_check_second(const struct hs_publish *to, const char *option, const char *output)
{
	if (!publish_prints(to->json) || !publish_prints(output))
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim %s: --%s: expected another file than that of --json, found '-'\n",
		to->verb, option);
	return HS_EXIT_USAGE;
}

int hs_publish_check(const struct hs_publish *to, const char *const *inputs, size_t count)
{
	int code = publish_check_second(to, "trace", to->trace);

	if (!code)
		code = publish_check_second(to, "html", to->html);
	if (!code)
		code = publish_check_file(to, "json", to->json, inputs, count);
	if (!code)
		code = publish_check_file(to, "trace", to->trace, inputs, count);
	return code ? code : publish_check_file(to, "html", to->html, inputs, count);
}

int hs_publish_print(const char *bytes, size_t length)
{
	int code = hs_tool_print(bytes, length);

	return code ? code : hs_tool_flush();
}

int hs_publish_write(const char *output, const char *bytes, size_t length)
{
	return hs_tool_is_stdout(output) ? hs_publish_print(bytes, length)
					 : hs_output_write("hmmsim", output, bytes, length);
}

/* Of a search without a violation there is no execution to show: the file stays as it was. */
static int publish_write_trace(const struct hs_publish *to, const char *timeline)
{
	return timeline ? hs_publish_write(to->trace, timeline, strlen(timeline)) : HS_EXIT_DONE;
}

int hs_publish(const struct hs_publish *to, struct hs_hostmem *mem, const struct hs_record *record,
	       const char *timeline)
{
	struct hs_out json = { .mem = mem }, text = { .mem = mem };
	bool printed = publish_prints(to->json) || publish_prints(to->trace);
	int code = HS_EXIT_DONE;

	hs_record_print(record, to->quiet, &text);
	hs_record_write_json(record, &json);
	if (text.failed || json.failed)
		code = hs_tool_no_memory(to->verb);
	if (!code && !printed)
		code = hs_publish_print(text.bytes, text.used);
	if (!code && to->json)
		code = hs_publish_write(to->json, json.bytes, json.used);
	if (!code && to->trace)
		code = publish_write_trace(to, timeline);
	hs_out_free(&json);
	hs_out_free(&text);
	return code ? code : hs_record_exit_code(record);
}
