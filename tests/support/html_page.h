/* SPDX-License-Identifier: MIT */
/*
 * html_page.h - is a page well formed?
 *
 * Stricter than HTML: each element has a tag at its end but for those that never have one, values
 * of attributes are in double quotation marks, < and & are escaped wherever they are text, ids are
 * unique, a link leads to an id of the page, and neither scripts nor other files are asked for.
 */
#ifndef HS_TESTS_HTML_PAGE_H
#define HS_TESTS_HTML_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* False: @error says what is wrong, and where. */
bool html_page_is_sound(const char *bytes, size_t length, char error[256]);

#endif
