// Large arrays on huge pages where the system has them: rows are gathered at random, and 4 KB pages miss the page table.
#pragma once
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

struct Free { void operator()(void* p) const { std::free(p); } };
template <class T> using Buffer = std::unique_ptr<T[], Free>;

template <class T> Buffer<T> buffer(int64_t length) {
  const size_t bytes = length > 0 ? static_cast<size_t>(length) * sizeof(T) : 1;
  const size_t page = bytes >= (size_t{4} << 20) ? size_t{2} << 20 : 64;
  void* p = nullptr;
  if (posix_memalign(&p, page, (bytes + page - 1) / page * page) != 0) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (page > 64) madvise(p, bytes, MADV_HUGEPAGE);
#endif
  return Buffer<T>(static_cast<T*>(p));
}
