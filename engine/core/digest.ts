import { createHash, type Hash } from 'node:crypto';

/** SHA-256 over canonical bytes, as 64 hex digits. Typed arrays count by their little-endian bytes, strings by UTF-8. */
export function digestOf(...parts: readonly (string | ArrayBufferView)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) update(hash, part);
  return hash.digest('hex');
}

/** Each part is preceded by its length, so that moving a byte from one part to the next changes the digest. */
function update(hash: Hash, part: string | ArrayBufferView): void {
  const bytes =
    typeof part === 'string' ? Buffer.from(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  hash.update(`${bytes.length}:`);
  hash.update(bytes);
}
