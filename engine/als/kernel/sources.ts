import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A digest of the C++ sources: a kernel built from others must not be used, nor one that emulates where that is not asked for. */
export function kernelSources(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const hash = createHash('sha256').update(process.env.EMULATE_AVX512 ?? '');
  for (const file of readdirSync(here).sort()) {
    if (/\.(cpp|h)$/.test(file)) hash.update(file).update(readFileSync(join(here, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
