/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_DISK_H
#define ECEMAIL_DISK_H

#include <systemd/sd-event.h>

/* Files that are replaced as a whole, without keeping the event loop waiting. */
struct disk;

int disk_new(struct disk **disk, sd_event *event);

/* What is being written still will be, but nobody is told. */
void disk_free(struct disk *disk);

/*
 * Has the writer thread replace @path, whose text is @text, so that after a
 * power cut at any moment either the old or the new text is there. @done is
 * called later from the event loop, once the new text will survive one (0), or
 * with a negative errno. Returns 0, or a negative errno; then it is not called.
 */
typedef void (*disk_done_fn)(void *userdata, int error);
int disk_replace(struct disk *disk, const char *path, const char *text, disk_done_fn done,
		 void *userdata);

#endif /* ECEMAIL_DISK_H */
