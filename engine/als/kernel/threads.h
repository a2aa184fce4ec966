// Work in chunks of fixed size, taken by any thread in turn: what a chunk computes depends on the chunk alone.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

/** Two words shared with JavaScript, which may read them and set the first at any time. */
struct Control {
  int32_t* words = nullptr;  // [0] ≠ 0: stop; [1]: rows done
  bool isCancelled() const { return words && __atomic_load_n(words, __ATOMIC_RELAXED) != 0; }
  void advance(int64_t rows) const {
    if (words) __atomic_fetch_add(words + 1, static_cast<int32_t>(rows), __ATOMIC_RELAXED);
  }
};

/**
 * work(first, last) over 0 … count in chunks; stops early when cancelled. What work throws stops the others and is thrown here.
 * Where the system gives fewer threads than asked for, those that there are do it all.
 */
template <class Work>
void inChunks(int64_t count, int64_t chunk, int threads, const Control& control, Work work) {
  std::atomic<int64_t> next{0};
  std::exception_ptr thrown;
  std::mutex throwing;
  const auto run = [&] {
    try {
      for (;;) {
        const int64_t first = next.fetch_add(chunk);
        if (first >= count || control.isCancelled()) return;
        work(first, std::min(count, first + chunk));
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(throwing);
      thrown = std::current_exception();
      next = count;
    }
  };
  std::vector<std::thread> others;
  const int64_t wanted = std::min<int64_t>(threads, (count + chunk - 1) / chunk) - 1;
  try {
    for (int64_t thread = 0; thread < wanted; thread++) others.emplace_back(run);
  } catch (const std::system_error&) {
  }
  run();
  for (auto& other : others) other.join();
  if (thrown) std::rethrow_exception(thrown);
}
