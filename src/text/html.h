/* SPDX-License-Identifier: MIT */
/*
 * html.h - text inside of HTML
 *
 * invented. The caller writes tags with hs_out_text(), and what it does not know, with these.
 */
#ifndef HS_TEXT_HTML_H
#define HS_TEXT_HTML_H

#include "text/out.h"

/*
 * The bytes as text of an element or of an attribute in quotation marks, whatever they are: what
 * is special in HTML is escaped, and what no document may contain (control characters, bytes that
 * are not UTF-8) becomes U+FFFD. Newlines and tabs stay.
 */
void hs_html_bytes(struct hs_out *out, const char *bytes, size_t n);
void hs_html_text(struct hs_out *out, const char *text);

#endif
