/* SPDX-License-Identifier: MIT */
/*
 * capture.c - hmmsim capture: prints the address space of a live process as a layout
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "tool/device_options.h"
#include "tool/options.h"
#include "tool/output.h"

static const char tool_capture_help[] =
	"Usage: hmmsim capture [OPTION...] PID\n"
	"       hmmsim capture [OPTION...] --self\n"
	"\n"
	"Prints the address space of a process as a layout: its VMAs and, in runs, what\n"
	"is mapped in them. It reads maps, smaps and pagemap of the process, and\n"
	"kpageflags, but no contents. Comments at the top say what could not be read.\n"
	"Root can read more than other users: frames and page flags.\n"
	"\n"
	"      --self             captures this process\n"
	"      --names            prints the names of VMAs too: paths, [heap],\n"
	"                         [anon:NAME]\n"
	"  -d, --device=PATTERN=KIND:SHARE[:PGMAPS][,runs=N][,owner=K]\n"
	"                         puts a part of the pages on device memory; may be\n"
	"                         repeated: the next one takes from what is left\n"
	"      --proc=DIR         reads DIR instead of /proc\n"
	"  -o, --output=FILE      writes to FILE (default: standard output, also as -)\n"
	"  -h, --help             prints this text\n"
	"\n"
	"The parts of --device:\n"
	"  PATTERN  all, anon, file, addresses 0xA-0xB, or the name of VMAs or a glob of\n"
	"           it\n"
	"  KIND     fsdax, private, coherent or p2pdma\n"
	"  SHARE    how much of the pages that are present and match: a percentage from 0\n"
	"           to 100, with or without %, or a fraction such as 1/3\n"
	"  PGMAPS   how many pgmaps take turns (default 1)\n"
	"  runs=N   takes N pages in a row each time (default 1: page by page)\n"
	"  owner=K  the owner of the pgmaps (default: 1 for private, otherwise none)\n"
	"\n"
	"A PATTERN that matches no page is an error.\n"
	"\n"
	"Examples: --device='[heap]=private:50%'  --device=all=fsdax:1/8:2,runs=16\n"
	"\n"
	"Exit status:\n"
	"  0  done\n"
	"  2  wrong usage, or the process cannot be read\n"
	"  4  internal error, or the output cannot be written\n";

enum {
	OPTION_SELF = 256,
	OPTION_NAMES,
	OPTION_PROC
};

static const struct option tool_capture_options[] = {
	{ "self", no_argument, NULL, OPTION_SELF },
	{ "names", no_argument, NULL, OPTION_NAMES },
	{ "device", required_argument, NULL, 'd' },
	{ "proc", required_argument, NULL, OPTION_PROC },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct capture_tool {
	struct hs_hostmem mem;
	struct hs_capture ask;
	struct hs_tool_devices devices;
	const char *output; /* a file, or NULL: standard output */
	bool proc_given, names, help;
};

/* ---- options ----------------------------------------------------------------------------- */

static int tool_capture_take_option(struct capture_tool *tool, int option)
{
	switch (option) {
	case OPTION_SELF:
		tool->ask.pid = "self";
		return 0;
	case OPTION_NAMES:
		tool->names = true;
		return 0;
	case OPTION_PROC:
		tool->ask.proc = optarg;
		return hs_tool_once("capture", "proc", &tool->proc_given);
	case 'd':
		return hs_tool_take_device("capture", optarg, &tool->mem, &tool->devices);
	case 'o':
		return hs_tool_take_output("capture", "output", &tool->output);
	case 'h':
		tool->help = true;
		return 0;
	default:
		return HS_EXIT_USAGE; /* getopt_long() has printed why */
	}
}

static int tool_capture_take_pid(struct capture_tool *tool, int count, char **words)
{
	const char *wrong = NULL;

	if (count + (tool->ask.pid != NULL) != 1)
		wrong = "expected one PID, or --self";
	else if (count && (!words[0][0] || words[0][strspn(words[0], "0123456789")] ||
			   strlen(words[0]) > 20))
		wrong = "expected a PID, a number";
	if (wrong) {
		fprintf(stderr, "hmmsim capture: %s", wrong);
		fprintf(stderr, count ? ", found '%s'\n" : "%s\n", count ? words[count - 1] : "");
		return HS_EXIT_USAGE;
	}
	if (count)
		tool->ask.pid = words[0];
	return 0;
}

static int tool_capture_take_options(struct capture_tool *tool, int argc, char **argv)
{
	int option, ret = 0;

	while (!ret &&
	       (option = getopt_long(argc, argv, "d:o:h", tool_capture_options, NULL)) != -1)
		ret = tool_capture_take_option(tool, option);
	if (!ret && !tool->help)
		ret = tool_capture_take_pid(tool, argc - optind, argv + optind);
	return ret == HS_EXIT_USAGE ? hs_tool_usage("capture") : ret;
}

/* ---- the layout -------------------------------------------------------------------------- */

static int tool_capture_place_all(struct capture_tool *tool, struct hs_layout *layout,
				  struct hs_out *out)
{
	for (size_t i = 0; i < tool->devices.count; i++) {
		struct hs_placed placed;
		char line[128];
		struct hs_tool_device *device = &tool->devices.of[i];
		int ret = hs_place(&tool->mem, layout, &device->place, &placed);

		if (ret == -ENOMEM)
			return hs_tool_no_memory("capture");
		if (ret) {
			fprintf(stderr, "hmmsim capture: --device: %s\n", hs_place_refusal(ret));
			return HS_EXIT_USAGE;
		}
		snprintf(line, sizeof(line), "# --device: %llu of %llu pages that match\n",
			 (unsigned long long)placed.placed, (unsigned long long)placed.matched);
		hs_out_text(out, line);
		device->matched = placed.matched;
	}
	return hs_tool_check_devices("capture", &tool->devices);
}

static int tool_capture_refuse(const struct capture_tool *tool, const char *why)
{
	fprintf(stderr, "hmmsim capture: --output: expected another file than %s, found '%s'\n",
		why, tool->output);
	return HS_EXIT_USAGE;
}

/* Comes first: the output must not be what is read, nor standard output by another name. */
static int tool_capture_check_output(const struct capture_tool *tool)
{
	static const char *const read[] = { "smaps", "maps", "pagemap", "../kpageflags" };
	char name[PATH_MAX];

	if (!tool->output || hs_tool_is_stdout(tool->output))
		return 0;
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s/%s", tool->ask.proc, tool->ask.pid, read[i]);
		if (hs_output_is_file(tool->output, name))
			return tool_capture_refuse(tool, name);
	}
	if (hs_output_is_descriptor(tool->output, STDOUT_FILENO))
		return tool_capture_refuse(tool, "standard output");
	return hs_output_check("hmmsim", tool->output);
}

static int tool_capture_write_output(const struct capture_tool *tool, const struct hs_out *out)
{
	int code;

	if (tool->output && !hs_tool_is_stdout(tool->output))
		return hs_output_write("hmmsim", tool->output, out->bytes, out->used);
	code = hs_tool_print(out->bytes, out->used);
	return code ? code : hs_tool_flush();
}

static int tool_capture_print_layout(struct capture_tool *tool, struct hs_layout *layout,
				     const struct hs_out *comments)
{
	struct hs_out out = { .mem = &tool->mem };
	int code;

	hs_out_text(&out, HS_TEXT_FIRST_LINE);
	if (!tool->names)
		hs_out_text(&out, "# names are left out: --names shows them\n");
	hs_out_text(&out, comments->bytes);
	code = tool_capture_place_all(tool, layout, &out);
	if (code == HS_EXIT_USAGE) /* what could not be read may be why */
		fputs(comments->bytes, stderr);
	if (!tool->names)
		hs_capture_drop_names(&tool->mem, layout);
	hs_layout_print(layout, &out);
	if (!code)
		code = out.failed ? hs_tool_no_memory("capture")
				  : tool_capture_write_output(tool, &out);
	hs_out_free(&out);
	return code;
}

static int tool_capture_run(struct capture_tool *tool)
{
	struct hs_layout layout;
	struct hs_out comments;
	char error[HS_CAPTURE_ERROR];
	int ret, code = tool_capture_check_output(tool);

	if (code)
		return code;
	ret = hs_capture(&tool->mem, &tool->ask, &layout, &comments, error);
	if (ret == -ENOMEM)
		return hs_tool_no_memory("capture");
	if (ret) {
		fprintf(stderr, "hmmsim capture: %s\n", error);
		return HS_EXIT_USAGE;
	}
	hs_out_char(&comments, '\0');
	code = comments.failed ? hs_tool_no_memory("capture")
			       : tool_capture_print_layout(tool, &layout, &comments);
	hs_out_free(&comments);
	hs_layout_free(&tool->mem, &layout);
	return code;
}

int hs_tool_capture(int argc, char **argv)
{
	struct capture_tool tool = { .ask = { .proc = "/proc" } };
	int code = tool_capture_take_options(&tool, argc, argv);

	if (!code)
		code = tool.help ? hs_tool_help(tool_capture_help) : tool_capture_run(&tool);
	hs_hostmem_free(&tool.mem, tool.devices.of);
	return code;
}
