// SPDX-License-Identifier: GPL-2.0-only
/* For inspection only: the requests of a slot, one a line. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "ecom.h"

static struct dentry *root;

static void show_request(struct seq_file *m, const struct request *r)
{
	seq_printf(m, "%llu %s tag=%u command=0x%02x state=%u charges=%u%s%s deadline=%llu\n",
		   r->record.id, r->state == REQUEST_QUEUED ? "queued" : "delivered",
		   r->record.tag, r->record.command, r->progress.state, r->record.charges,
		   r->suspect ? " suspect" : "",
		   r->record.flags & ECOM_REQUEST_ORPHAN ? " orphan" : "",
		   r->record.deadline_ns);
}

static int requests_show(struct seq_file *m, void *unused)
{
	struct ecom_slot *slot = m->private;
	unsigned int i;

	spin_lock(&slot->queue_lock);
	for (i = 0; i < QUEUE_DEPTH; i++)
		if (slot->queue.requests[i].state != REQUEST_FREE)
			show_request(m, &slot->queue.requests[i]);
	spin_unlock(&slot->queue_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(requests);

void ecom_debugfs_add(struct ecom_slot *slot)
{
	slot->debugfs = debugfs_create_dir(dev_name(&slot->dev), root);
	debugfs_create_file("requests", 0400, slot->debugfs, slot, &requests_fops);
}

void ecom_debugfs_remove(struct ecom_slot *slot)
{
	debugfs_remove_recursive(slot->debugfs);
	slot->debugfs = NULL;
}

void __init ecom_debugfs_init(void)
{
	root = debugfs_create_dir("ecom", NULL);
}

void ecom_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
