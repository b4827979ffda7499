/* SPDX-License-Identifier: GPL-2.0-only */
/* All differences between the kernels that the driver builds on. */
#ifndef ECOM_COMPAT_H
#define ECOM_COMPAT_H

#include <linux/device/class.h>
#include <linux/hrtimer.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define ecom_class_create(name)	class_create(name)
#else
#define ecom_class_create(name)	class_create(THIS_MODULE, name)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define ecom_hrtimer_setup	hrtimer_setup
#else
static inline void ecom_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*function)(struct hrtimer *),
				      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* ECOM_COMPAT_H */
