/* SPDX-License-Identifier: MIT */
/*
 * plot.c - writes data and script of a plot, and runs gnuplot on them
 */
#define _GNU_SOURCE /* pipe2(), environ */
#include "tool/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/options.h"

/* The text of bench/plot.gp. */
static const char plot_script[] =
#include "plot_script.h"
	;

/* Empty entries of PATH, which mean the current folder, are left out. */
static bool plot_find_gnuplot(char program[PATH_MAX])
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t length = strcspn(path, ":");
		struct stat st;

		if (length && length < PATH_MAX - sizeof("/gnuplot")) {
			snprintf(program, PATH_MAX, "%.*s/gnuplot", (int)length, path);
			if (!stat(program, &st) && S_ISREG(st.st_mode) && !access(program, X_OK))
				return true;
		}
		path += length + (path[length] == ':');
	}
	return false;
}

bool hs_plot_possible(void)
{
	char program[PATH_MAX];

	return plot_find_gnuplot(program);
}

/* ---- data -------------------------------------------------------------------------------- */

/* A picture shows one walker: 6.12 if it was asked for. */
static enum hs_era plot_era(const struct hs_report_asked *asked)
{
	return asked->eras[HS_ERA_6_12] ? HS_ERA_6_12 : HS_ERA_5_3;
}

void hs_plot_head(const struct hs_report_asked *asked, struct hs_out *data)
{
	hs_out_text(data, "layout");
	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		if (asked->strategies[s]) {
			hs_out_char(data, ' ');
			hs_out_text(data, hs_strategy_name((enum hs_strategy)s));
		}
	hs_out_char(data, '\n');
}

static bool plot_add_value(const struct hs_report *report, const struct hs_report_row *row,
			   struct hs_out *data)
{
	bool timed = row && row->timed, predicted;
	char text[64] = " -";

	predicted = row && row->predicted && !report->asked->repetitions;
	if (timed)
		snprintf(text, sizeof(text), " %.4f", row->page_ns.median);
	else if (predicted)
		snprintf(text, sizeof(text), " %.4f",
			 (double)row->ps[0] / 1e3 / (double)report->spans[row->scope].pages);
	hs_out_text(data, text);
	return timed || predicted;
}

bool hs_plot_add(const struct hs_report *report, struct hs_out *data)
{
	const struct hs_report_asked *asked = report->asked;
	enum hs_compare_scope scope = report->spans[HS_SCOPE_WHOLE].count ? HS_SCOPE_WHOLE
									  : HS_SCOPE_VMAS;
	bool some = false;

	hs_out_char(data, '"');
	for (const char *c = report->layout->name; *c; c++)
		hs_out_char(data, *c == '"' || *c == '\\' ? '_' : *c);
	hs_out_char(data, '"');
	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		if (asked->strategies[s])
			some |= plot_add_value(report,
					       hs_report_find(report, scope, plot_era(asked),
							      (enum hs_strategy)s),
					       data);
	hs_out_char(data, '\n');
	return some;
}

/* ---- the script -------------------------------------------------------------------------- */

/* Between single quotes gnuplot gives a meaning to the quote alone; two of them are one. */
static void plot_put_quoted(const char *text, struct hs_out *script)
{
	hs_out_char(script, '\'');
	for (; *text; text++)
		hs_out_text(script, *text == '\'' ? "''" : (const char[]){ *text, '\0' });
	hs_out_text(script, "'\n");
}

static void plot_put_script(const struct hs_report_asked *asked, const struct hs_out *data,
			    struct hs_out *script)
{
	unsigned int columns = 1;
	char quantity[128];

	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		columns += asked->strategies[s];
	snprintf(quantity, sizeof(quantity), "ns a page, v%s, %s%s", hs_era_name(plot_era(asked)),
		 asked->repetitions ? "measured" : "predicted with profile ",
		 asked->repetitions ? "" : asked->profiles[0]->name);
	hs_out_text(script, "quantity = ");
	plot_put_quoted(quantity, script);
	hs_out_text(script, "columns = ");
	hs_out_decimal(script, columns);
	hs_out_text(script, "\n$strategies << HMMSIM_END\n");
	hs_out_bytes(script, data->bytes, data->used);
	hs_out_text(script, "HMMSIM_END\n");
	hs_out_text(script, plot_script);
	script->failed |= data->failed;
}

/* ---- gnuplot ----------------------------------------------------------------------------- */

/* Our ends of two pipes; closed: -1. */
struct plot_pipes {
	int to, from;
};

static void plot_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Without the user's start files. The signals that this program ignores end gnuplot. */
static int plot_spawn(const char *program, int in, int out, pid_t *pid)
{
	char name[] = "gnuplot", defaults[] = "-d";
	char *const arguments[] = { name, defaults, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t usual;
	int error;

	if (posix_spawn_file_actions_init(&files))
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes)) {
		posix_spawn_file_actions_destroy(&files);
		return -ENOMEM;
	}
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn(pid, program, &files, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

static int plot_start(const char *program, struct plot_pipes *ours, pid_t *pid)
{
	int script[2], picture[2] = { -1, -1 }, ret = 0;

	*ours = (struct plot_pipes){ -1, -1 };
	if (pipe2(script, O_CLOEXEC))
		return -errno;
	if (pipe2(picture, O_CLOEXEC) || fcntl(script[1], F_SETFL, O_NONBLOCK))
		ret = -errno;
	if (!ret)
		ret = plot_spawn(program, script[0], picture[1], pid);
	plot_close(&script[0]);
	plot_close(&picture[1]);
	if (ret) {
		plot_close(&script[1]);
		plot_close(&picture[0]);
		return ret;
	}
	*ours = (struct plot_pipes){ script[1], picture[0] };
	return 0;
}

static void plot_send(struct plot_pipes *p, const struct hs_out *script, size_t *sent)
{
	ssize_t n = write(p->to, script->bytes + *sent, script->used - *sent);

	*sent += n > 0 ? (size_t)n : 0;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || *sent == script->used)
		plot_close(&p->to);
}

static void plot_receive(struct plot_pipes *p, struct hs_out *picture)
{
	char bytes[4096];
	ssize_t n = read(p->from, bytes, sizeof(bytes));

	if (n > 0)
		hs_out_bytes(picture, bytes, (size_t)n);
	else if (!n || errno != EINTR)
		plot_close(&p->from);
}

/* Sends and receives at the same time, because neither pipe takes everything. */
static void plot_exchange(struct plot_pipes *p, const struct hs_out *script, struct hs_out *picture)
{
	size_t sent = 0;

	while (p->from >= 0) {
		struct pollfd fds[] = { { .fd = p->from, .events = POLLIN },
					{ .fd = p->to, .events = POLLOUT } };

		if (poll(fds, 2, -1) < 0)
			continue; /* a signal */
		if (fds[1].revents)
			plot_send(p, script, &sent);
		if (fds[0].revents)
			plot_receive(p, picture);
	}
	plot_close(&p->to);
}

/* If it fails, gnuplot has said why on stderr. */
static bool plot_run(const struct hs_out *script, struct hs_out *picture)
{
	char program[PATH_MAX];
	struct plot_pipes pipes;
	int status = -1;
	pid_t pid;

	if (!plot_find_gnuplot(program) || plot_start(program, &pipes, &pid))
		return false;
	plot_exchange(&pipes, script, picture);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !status;
}

/* gnuplot ends well, and draws nothing, when it lacks what a terminal needs. */
static bool plot_is_whole(const struct hs_out *picture)
{
	static const char end[] = "</svg>";
	size_t length = sizeof(end) - 1, used = picture->used;

	while (used && strchr(" \n", picture->bytes[used - 1]))
		used--;
	return used >= length && !memcmp(picture->bytes + used - length, end, length);
}

int hs_plot_draw(const struct hs_report_asked *asked, const struct hs_out *data, const char *file,
		 struct hs_out *picture)
{
	struct hs_out script = { .mem = data->mem };
	bool drawn;

	plot_put_script(asked, data, &script);
	drawn = !script.failed && plot_run(&script, picture);
	hs_out_free(&script);
	if (script.failed || picture->failed)
		return hs_tool_no_memory("compare");
	if (drawn && plot_is_whole(picture))
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim compare: --plot: gnuplot %s %s\n",
		drawn ? "made no picture for" : "could not draw", file);
	return HS_EXIT_INTERNAL;
}
