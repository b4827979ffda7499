/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PRINT/VPRINT formatting language: "text" and V-memory references, as in
 * the Body of an ECEMAIL. Documentation/plcsim.rst has the table for users.
 */
#ifndef PLCSIM_VPRINT_H
#define PLCSIM_VPRINT_H

#include <glib.h>

#include "tests/plcsim/diagnostics.h"
#include "tests/plcsim/memory.h"

#define VPRINT_BYTES_MAX 128

struct vprint {
	GArray *items;
};

/*
 * Both report errors (E499) for the named parameter and then return NULL.
 * vprint_parse takes "text" V3000 …; vprint_parse_text takes bare text in
 * which only the $ escapes are special.
 */
struct vprint *vprint_parse(const char *source, const char *name, struct diagnostics *d,
			    unsigned int line);
struct vprint *vprint_parse_text(const char *source, const char *name, struct diagnostics *d,
				 unsigned int line);
void vprint_free(struct vprint *vprint);

/*
 * The element that item i names and how many words of it are read, at least and
 * at most; NULL if it is text. Returns false after the last item.
 */
bool vprint_item(const struct vprint *vprint, unsigned int i, const struct element **element,
		 unsigned int *least, unsigned int *most);

/* The fewest and the most bytes that it can print */
size_t vprint_minimum(const struct vprint *vprint);
size_t vprint_maximum(const struct vprint *vprint);

/* What stands behind an element for each form, or a whole name; NULL: there are no more */
const char *vprint_form_name(size_t i);

void vprint_print(const struct vprint *vprint, const struct memory *memory, GString *out);

#endif /* PLCSIM_VPRINT_H */
