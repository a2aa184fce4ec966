#pragma once
#include <cstdint>

/** Multiplies and adds in registers, without touching memory. Returns how many operations that were; `total` is of no use. */
using MultiplyAdds = double (*)(int64_t rounds, float* total);
