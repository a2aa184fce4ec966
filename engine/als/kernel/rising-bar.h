#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

/**
 * The n-th largest of a growing number of numbers, from below: they are counted by the leading bits of their float32, whose
 * order is that of positive numbers. O(1) for each. From `least` to `largest`, but at most eight octaves down from there; what
 * is smaller does not count. Within 3 %, and the closer the closer they lie together: 0.4 % within an octave.
 */
class RisingBar {
 public:
  RisingBar(float least, float largest, uint32_t n) : n_(n) {
    const uint32_t top = bitsOf(largest);
    const uint32_t bottom = std::min(top, std::max(bitsOf(std::max(least, 0.0f)), std::max(top, kOctaves) - kOctaves + 1));
    while ((top >> shift_) - (bottom >> shift_) >= kBins) shift_++;
    lowest_ = static_cast<int>(bottom >> shift_);
  }

  void add(float x) {
    if (!(x > 0)) return;
    int bin = static_cast<int>(bitsOf(x) >> shift_) - lowest_;
    if (bin < bar_) return;
    if (bin >= kBins) bin = kBins - 1;
    if (counts_[bin] == kMost) return;  // counts no more: the bar is lower than it could be
    counts_[bin]++;
    above_++;
    while (above_ - counts_[bar_] >= n_) above_ -= counts_[bar_++];
  }

  /** At least n of the numbers reach it; −∞ before there are so many. */
  float value() const {
    if (above_ < n_) return -std::numeric_limits<float>::infinity();
    const uint32_t bits = static_cast<uint32_t>(lowest_ + bar_) << shift_;
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
  }

 private:
  static constexpr int kBins = 256;
  static constexpr uint32_t kOctaves = 8u << 23;  // the mantissa has 23 bits
  static constexpr uint16_t kMost = 0xffff;
  static uint32_t bitsOf(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    return bits;
  }
  uint32_t n_, above_ = 0;
  int shift_ = 15;  // leaves the exponent and eight bits of the mantissa, or fewer
  int lowest_, bar_ = 0;
  uint16_t counts_[kBins] = {};
};
