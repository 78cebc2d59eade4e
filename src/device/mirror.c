/* SPDX-License-Identifier: MIT */
/*
 * mirror.c - the mirror device of <hmmsim/dmirror.h> behind the ops that all devices have
 *
 * invented: what dmirror.c says of itself, sound and with the sequence of v5.5. The table and the
 * lock are the mirror's.
 */
#include <errno.h>

#include "device/dmirror.h"

#include "device/device.h"

struct mirror_device {
	struct hs_device dev;
	struct hs_dmirror *dmirror;
};

static struct hs_dmirror *mirror_of(struct hs_device *dev)
{
	return hs_container_of(dev, struct mirror_device, dev)->dmirror;
}

static int mirror_open(struct hs_device *dev)
{
	struct mirror_device *m = hs_container_of(dev, struct mirror_device, dev);
	const struct hs_device_config *c = &dev->config;
	struct hs_dmirror_config config;
	int ret;

	hs_dmirror_config_init(&config, c->mm, c->start, c->end);
	config.range.owner = c->owner;
	config.touch = c->touch;
	config.tries = 1;
	ret = hs_dmirror_create(hs_linux_task(), &config, &m->dmirror);
	if (ret)
		return ret;
	dev->lock = &m->dmirror->lock;
	dev->table = m->dmirror->table;
	return 0;
}

static void mirror_close(struct hs_device *dev)
{
	hs_dmirror_destroy(hs_linux_task(), mirror_of(dev));
}

/* One turn: the device counts them. */
static int mirror_fault(struct hs_device *dev, struct hs_device_job *job)
{
	return hs_dmirror_populate(hs_linux_task(), mirror_of(dev), job->start, job->end,
				   job->write);
}

static void mirror_stats(struct hs_device *dev, struct hs_device_stats *stats)
{
	struct hs_dmirror_stats s;

	hs_dmirror_stats(hs_linux_task(), mirror_of(dev), &s);
	stats->invalidations = s.invalidations;
	stats->refusals = s.refusals;
}

const struct hs_device_ops hs_device_ops_dmirror = {
	.name = "dmirror",
	.bytes = sizeof(struct mirror_device),
	.open = mirror_open,
	.close = mirror_close,
	.fault = mirror_fault,
	.stats = mirror_stats,
};
