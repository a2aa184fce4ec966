#!/usr/bin/env bash
# Runs the kernel's tests with the AVX-512 kernel emulated, on a processor that has AVX2 only: that both give the same bits. Needs
# SIMDe (Debian: apt-get install libsimde-dev). The usual kernel is built again at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

trap 'EMULATE_AVX512= npm run --silent build:kernel' EXIT
export EMULATE_AVX512=1
npm run --silent build:kernel
node node_modules/vitest/vitest.mjs run test/engine/als test/engine/retrieval
