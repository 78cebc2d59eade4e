/* SPDX-License-Identifier: MIT */
#include "test_hmm_names.h"
