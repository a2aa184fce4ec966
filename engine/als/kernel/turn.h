#pragma once
#include <memory>

#include "packed.h"

/**
 * Other coordinates for factors, in which scores are the same and bounds on them tighter. Of usual listeners X,
 *
 *     XᵀX/c + 10⁻⁴I = LLᵀ,   x' = L⁻¹x,   y' = Lᵀy,   x'ᵀy' = xᵀy           c such that the trace of XᵀX/c is k
 *
 * Listeners are then alike in all directions, so that ‖y'‖ says how far a track's scores go, and the first coordinates of y'
 * hold more of them than the last.
 */
struct Turn {
  Packed listeners, tracks;  // x' and y' as rows
  double listenerError;      // float32 leaves ‖error of x'‖ ≤ listenerError·‖x‖ ...
  double trackError;         // and ‖error of y'‖ ≤ trackError·‖y‖
};

/** Null when these listeners, X [count × k], tell nothing. Cost O(count·k² + k³). */
std::unique_ptr<const Turn> turnFor(const InstructionSet&, const float* X, int64_t count, int k, int threads);
