#!/usr/bin/env bash
# Runs the kernel's tests on a kernel built with the address and undefined-behaviour sanitizers; any report is a failure. Needs
# the sanitizers' runtimes, which come with g++. The usual kernel is built again at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

trap 'npm run --silent build:kernel' EXIT
export CXX="${CXX:-g++}"
CXXFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1" npm run --silent build:kernel

# Node itself is not instrumented: the runtime has to be there before it, and Node's own memory at exit is not our concern.
LD_PRELOAD="$("$CXX" -print-file-name=libasan.so) $("$CXX" -print-file-name=libubsan.so)" \
  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
  node node_modules/vitest/vitest.mjs run test/engine/als test/engine/retrieval
