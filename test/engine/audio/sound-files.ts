/** Sound files written by hand, so that tests know every sample in them. */

/** 16-bit PCM, one array per channel, values in [-1, 1]. */
export function wavFile(channels: readonly Float32Array[], rateHz: number): Buffer {
  const frames = channels[0]?.length ?? 0;
  const file = Buffer.alloc(44 + frames * channels.length * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(rateHz, 24);
  file.writeUInt32LE(rateHz * channels.length * 2, 28);
  file.writeUInt16LE(channels.length * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(file.length - 44, 40);
  for (let i = 0; i < frames; i++) {
    channels.forEach((channel, c) => {
      file.writeInt16LE(Math.round(channel[i]! * 32_767), 44 + (i * channels.length + c) * 2);
    });
  }
  return file;
}

/** Mono FLAC, 16 bits, 8 kHz, uncompressed (verbatim) frames of 256 samples. @see RFC 9639 */
export function flacFile(samples: Float32Array): Buffer {
  const blockSize = 256;
  const info = Buffer.alloc(34);
  info.writeUInt16BE(blockSize, 0);
  info.writeUInt16BE(blockSize, 2);
  // 20 bits rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits number of samples.
  info.writeUInt32BE(((8000 << 12) | (0 << 9) | (15 << 4)) >>> 0, 10);
  info.writeUInt32BE(samples.length, 14);
  const frames: Buffer[] = [];
  for (let n = 0; n * blockSize < samples.length; n++) {
    const block = samples.subarray(n * blockSize, (n + 1) * blockSize);
    if (n > 127) throw new Error('Too long for one-byte frame numbers');
    // Sync and fixed size; block size as 16 bits at the end of the header (7), rate 8 kHz (4); mono, 16 bits (8); frame number.
    const header = Buffer.from([0xff, 0xf8, 0x74, 0x08, n, (block.length - 1) >> 8, (block.length - 1) & 0xff]);
    const body = Buffer.alloc(1 + block.length * 2);
    body[0] = 0x02; // verbatim subframe
    block.forEach((v, i) => {
      body.writeInt16BE(Math.round(v * 32_767), 1 + 2 * i);
    });
    const frame = Buffer.concat([header, Buffer.from([crc(header, 8, 0x07)]), body]);
    const check = Buffer.alloc(2);
    check.writeUInt16BE(crc(frame, 16, 0x8005));
    frames.push(frame, check);
  }
  return Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), info, ...frames]);
}

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz mono: frames that say nothing, 1,152 samples of silence each. */
export function mp3File(frames: number): Buffer {
  const frame = Buffer.alloc(417);
  Buffer.from([0xff, 0xfb, 0x90, 0xc0]).copy(frame);
  return Buffer.concat(Array.from({ length: frames }, () => frame));
}

/** Opus in Ogg, mono: packets of 20 ms of silence. @see RFC 3533, RFC 7845 */
export function opusFile(packets: number): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)]);
  const pages = [oggPage([head], 0, 0, 2), oggPage([tags], 1, 0, 0)];
  for (let first = 0; first < packets; first += 50) {
    const count = Math.min(50, packets - first);
    const silence = Array.from({ length: count }, () => Buffer.from([0xf8, 0xff, 0xfe]));
    const isLast = first + count === packets;
    pages.push(oggPage(silence, pages.length, (first + count) * 960, isLast ? 4 : 0));
  }
  return Buffer.concat(pages);
}

function oggPage(packets: readonly Buffer[], sequence: number, granule: number, flags: number): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS');
  header[5] = flags;
  header.writeBigInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(77, 14);
  header.writeUInt32LE(sequence, 18);
  header[26] = packets.length;
  const page = Buffer.concat([header, Buffer.from(packets.map((p) => p.length)), ...packets]);
  page.writeUInt32LE(crc(page, 32, 0x04c1_1db7), 22);
  return page;
}

/** Cyclic redundancy check, most significant bit first, from 0. */
function crc(bytes: Uint8Array, width: number, polynomial: number): number {
  const top = 2 ** (width - 1);
  let state = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const isSet = (state >= top ? 1 : 0) ^ ((byte >> bit) & 1);
      state = (state * 2) % 2 ** width;
      if (isSet) state = (state ^ polynomial) >>> 0;
    }
  }
  return state;
}
