/* SPDX-License-Identifier: MIT */
#ifndef BASE_REAL_H
#define BASE_REAL_H
/* real: doubles as text with a decimal point, whatever the locale. */
#include "base/base.h"

/* A whole decimal number as JSON writes it. False if it is not one, is longer than 500 bytes or too large. */
must_check bool real_read(struct bytes text, double *n_r);
/* The shortest text of 15 to 17 digits that reads back as ${n}, which is finite; ${out} needs REAL_TEXT bytes. Returns
 * its length. */
enum { REAL_TEXT = 32 };
size_t real_write(double n, char out[REAL_TEXT]);
/* The same for a float, of 1 to 9 digits. Those between 0.0001 and 1, of which vectors are made, are written without the C library. */
size_t real_write_float(float n, char out[REAL_TEXT]);

#endif
