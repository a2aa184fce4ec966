#pragma once
#include <cstdint>
#include <cstring>
#include <limits>

/**
 * The n-th largest of a growing number of numbers, from below and within 3 %: they are counted by the leading bits of their
 * float32, whose order is that of positive numbers. O(1) for each; counts eight octaves, from the largest possible number down.
 */
class RisingBar {
 public:
  RisingBar(float largest, uint32_t n) : n_(n) {
    const int top = static_cast<int>(leadingBits(largest));
    lowest_ = top >= kBins ? top - kBins + 1 : 1;
  }

  void add(float x) {
    if (!(x > 0)) return;
    int bin = static_cast<int>(leadingBits(x)) - lowest_;
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
    const uint32_t bits = static_cast<uint32_t>(lowest_ + bar_) << kShift;
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
  }

 private:
  static constexpr int kShift = 18;  // leaves the exponent and five bits of the mantissa
  static constexpr int kBins = 8 << 5;
  static constexpr uint16_t kMost = 0xffff;
  static uint32_t leadingBits(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    return bits >> kShift;
  }
  uint32_t n_, above_ = 0;
  int lowest_, bar_ = 0;
  uint16_t counts_[kBins] = {};
};
