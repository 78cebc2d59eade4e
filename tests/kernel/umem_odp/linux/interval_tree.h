/* SPDX-License-Identifier: MIT */
/* Included by umem_odp.c: what it uses is in rdma/ib_umem_odp.h. */
