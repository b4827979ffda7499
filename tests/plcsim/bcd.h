/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary coded decimal: a decimal digit in each four bits.
 */
#ifndef PLCSIM_BCD_H
#define PLCSIM_BCD_H

#include <stdint.h>

/* The number that up to eight digits mean, or -1 if one of them is none */
static inline int64_t bcd_value(uint32_t bcd)
{
	int64_t value = 0;

	for (int shift = 28; shift >= 0; shift -= 4) {
		unsigned int digit = bcd >> shift & 0xf;

		if (digit > 9)
			return -1;
		value = value * 10 + digit;
	}
	return value;
}

/* The last eight digits of a number */
static inline uint32_t bcd_digits(uint64_t value)
{
	uint32_t bcd = 0;

	for (int shift = 0; shift < 32; shift += 4, value /= 10)
		bcd |= (uint32_t)(value % 10) << shift;
	return bcd;
}

#endif /* PLCSIM_BCD_H */
