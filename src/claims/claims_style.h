/* SPDX-License-Identifier: MIT */
/*
 * claims_style.h - what the page of the claims looks like
 *
 * invented. Prose has a measure of 42 rem. A table may be wider than a phone: then it scrolls, and
 * the page does not.
 */
#ifndef HS_CLAIMS_CLAIMS_STYLE_H
#define HS_CLAIMS_CLAIMS_STYLE_H

static const char claims_style[] =
	":root{color-scheme:light dark;--paper:#fdfcf9;--ink:#22252a;--soft:#646a73;--rule:#dcd8cf;"
	"--panel:#f5f2eb;--link:#1f5a94;--good:#1d6b3f;--bad:#a32d21;--part:#8a5a00}\n"
	"@media (prefers-color-scheme:dark){:root{--paper:#17191c;--ink:#dfe1e4;--soft:#9aa1ab;"
	"--rule:#353a41;--panel:#1f2226;--link:#8bb9ea;--good:#7cc99a;--bad:#f0958a;"
	"--part:#e0b45c}}\n"
	"html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 Charter,"
	"\"Bitstream Charter\",\"Iowan Old Style\",Georgia,serif}\n"
	"header,main,footer.page{max-width:60rem;margin:0 auto;padding:0 1.25rem}\n"
	"header{padding-top:3rem}\n"
	"footer.page{padding-bottom:4rem}\n"
	"p,ul,dl,blockquote{max-width:42rem}\n"
	"h1{font-size:2rem;line-height:1.2;margin:0 0 1rem;font-weight:600}\n"
	"h2{font-size:1.5rem;line-height:1.3;margin:0 0 1rem;font-weight:600}\n"
	"h3{font-size:1rem;margin:2rem 0 .5rem;font-weight:600}\n"
	"section{margin:3.5rem 0;padding-top:1.5rem;border-top:1px solid var(--rule)}\n"
	"a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.15em}\n"
	"h2 a{color:inherit;text-decoration:none}\n"
	"blockquote{margin:0 0 1.25rem;padding:0 0 0 1.1rem;border-left:3px solid var(--rule);"
	"font-size:1.15rem}\n"
	"blockquote p{margin:0}\n"
	"blockquote footer{font-size:.95rem;color:var(--soft);margin-top:.4rem}\n"
	"code,pre,td.step,.mono{font-family:ui-monospace,\"SF Mono\",Menlo,Consolas,"
	"\"DejaVu Sans Mono\",monospace;font-size:.875rem;line-height:1.5}\n"
	"code{overflow-wrap:anywhere}\n"
	"pre{margin:.75rem 0}\n"
	".scroll{overflow-x:auto;max-width:100%;margin:.75rem 0}\n"
	".scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	"table{border-collapse:collapse;font-size:.9375rem;line-height:1.45}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem 1.4rem .3rem 0;white-space:nowrap}\n"
	"td.say,td.with{white-space:normal;min-width:9rem}\n"
	"thead th{border-bottom:1px solid var(--ink);font-weight:600}\n"
	"tbody tr+tr>*{border-top:1px solid var(--rule)}\n"
	"tbody th{font-weight:400}\n"
	".number{text-align:right;font-variant-numeric:tabular-nums}\n"
	"table.columns{background:var(--panel);border-radius:4px}\n"
	"table.columns th,table.columns td{padding:.12rem 1.1rem}\n"
	"table.columns tr+tr>*{border-top:0}\n"
	"table.columns th+th,table.columns td+td{border-left:1px solid var(--rule)}\n"
	"table.columns thead th{border-bottom:1px solid var(--rule)}\n"
	"table.columns tbody tr:first-child>*{padding-top:.4rem}\n"
	"table.columns tbody tr:last-child>*{padding-bottom:.4rem}\n"
	"td.step{white-space:pre}\n"
	".confirmed,.holds{color:var(--good)}\n"
	".refuted,.violated,.differs{color:var(--bad)}\n"
	".in-part{color:var(--part)}\n"
	".none,.not-judged,.soft{color:var(--soft)}\n"
	".verdict{font-size:1rem;font-weight:400;margin-left:.6rem}\n"
	"details{margin:.75rem 0}\n"
	"summary{cursor:pointer}\n"
	".token{background:var(--panel);border-radius:4px;padding:.5rem .8rem;max-width:none}\n"
	"dt{font-weight:600;float:left;min-width:4.5rem}\n"
	"dd{margin:0 0 .3rem 4.5rem}\n"
	".back{font-size:.9375rem;margin-top:2rem}\n"
	"@media print{details>*{display:block}section{break-before:auto}.back{display:none}}\n";

#endif
