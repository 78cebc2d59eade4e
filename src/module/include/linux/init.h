/* SPDX-License-Identifier: MIT */
#ifndef HMMSIM_MODULE_INIT_H
#define HMMSIM_MODULE_INIT_H

#define __init
#define __exit

#endif
