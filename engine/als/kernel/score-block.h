#pragma once
#include "rows.h"
#include "threads.h"

/**
 * S [count × tracks] = X·Yᵀ: every score, in float32 throughout. The bits of a score depend on its two factors alone, not on
 * what else is scored with them.
 */
void scoreBlock(const InstructionSet&, const float* X, int64_t count, const float* Y, int64_t tracks, int k, float* S,
                int threads, const Control&);
