#pragma once
#include <algorithm>
#include <vector>

#include "rows.h"

/** k rounded up to whole panels of sixteen. */
inline int padded(int k) { return (k + 15) / 16 * 16; }

/** Memory of a PackedMatrix. */
struct Packed {
  std::vector<float> panels;
  std::vector<int> first, last;
  int inner = 0, width = 0;

  Packed() = default;
  /** @param entry of row and column of B [inner × columns]. */
  template <class Entry>
  Packed(int inner, int columns, Entry entry) : first(padded(columns) / 16, inner), last(padded(columns) / 16, 0), inner(inner), width(padded(columns)) {
    panels.assign(static_cast<size_t>(inner) * width, 0.0f);
    float* out = panels.data();
    for (int panel = 0; panel * 16 < columns; panel++)
      for (int row = 0; row < inner; row++, out += 16) {
        const int left = columns - panel * 16;
        bool isZero = true;
        for (int column = 0; column < (left < 16 ? left : 16); column++) {
          out[column] = static_cast<float>(entry(row, panel * 16 + column));
          isZero &= out[column] == 0;
        }
        if (isZero) continue;
        first[panel] = std::min(first[panel], row);
        last[panel] = row + 1;
      }
  }
  PackedMatrix view() const { return {panels.data(), first.data(), last.data(), inner, width}; }
};
