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
  int inner, width;

  /** @param entry of row and column of B [inner × columns]. */
  template <class Entry>
  Packed(int inner, int columns, Entry entry) : first(padded(columns) / 16, inner), last(padded(columns) / 16, 0), inner(inner), width(padded(columns)) {
    panels.assign(static_cast<size_t>(inner) * width, 0.0f);
    for (int column = 0; column < columns; column++)
      for (int row = 0; row < inner; row++) {
        const float value = static_cast<float>(entry(row, column));
        if (value == 0) continue;
        const int panel = column / 16;
        panels[(static_cast<size_t>(panel) * inner + row) * 16 + column % 16] = value;
        first[panel] = std::min(first[panel], row);
        last[panel] = std::max(last[panel], row + 1);
      }
  }
  PackedMatrix view() const { return {panels.data(), first.data(), last.data(), inner, width}; }
};
