import { setTimeout as sleep } from 'node:timers/promises';
import { connectCache } from '../../engine/cache/connect.ts';

/** Of a Redis server, in bytes. */
export interface MemoryInfo {
  /** What its allocator has handed out: `used_memory`. */
  readonly used: number;
  /** `maxmemory`; 0 where there is no limit. */
  readonly most: number;
}

/**
 * The memory of a server once it stands still: tables are shrunk and buffers freed in the background. Every question has a
 * connection of its own, so that it always takes the same bytes.
 *
 * @throws DubplateError as {@link connectCache}.
 */
export async function settledMemory(url: string): Promise<MemoryInfo> {
  let last = await memoryOf(url);
  const patience = 100; // where others write all the time, the figure is as good as it gets
  for (let same = 0, asked = 0; same < 4 && asked < patience; asked++) {
    await sleep(120);
    const now = await memoryOf(url);
    same = now.used === last.used ? same + 1 : 0;
    last = now;
  }
  return last;
}

async function memoryOf(url: string): Promise<MemoryInfo> {
  const client = await connectCache(url);
  try {
    const info = await client.redis.info('memory');
    const figure = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return { used: figure('used_memory'), most: figure('maxmemory') };
  } catch (cause) {
    throw client.failure('asking for its memory', cause);
  } finally {
    await client.close();
  }
}
