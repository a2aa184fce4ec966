#pragma once
#include "blending.h"
#include "threads.h"
#include "track-index.h"

/**
 * Blends the scores of some listeners, C and A [count × tracks], into C and finds the n best of each. The scale of a listener is
 * set by unheard tracks of the most evidence of which there are `fewest`, by all where there never are.
 *
 * @param trusts of each listener [count × tracks] in the place of `all.trust`, or null.
 * @param heard  rows ascending, by listener: those of listener i are heard[heardStarts[i] … heardStarts[i + 1]).
 */
void blendBlock(const Blending&, TrackTrust all, const float* trusts, int64_t fewest, int64_t count, int n,
                const uint32_t* heardStarts, const uint32_t* heard, float* C, const float* A, const TopLists&, int threads,
                const Control&);
