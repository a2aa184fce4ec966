#pragma once
#include "rows.h"

/** G = YᵀY [k × k], float64, of rows [count × k]. The same bits for any number of threads. */
void gramMatrix(const InstructionSet&, const float* rows, int64_t count, int k, int threads, double* G);
