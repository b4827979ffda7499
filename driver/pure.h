/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files (identification, frame, queue, registers) need of their
 * surroundings. They do no I/O, take no lock and read no clock, so that they
 * also compile in user space for tests and fuzzing.
 */
#ifndef ECOM_PURE_H
#define ECOM_PURE_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* ECOM_PURE_H */
