import { batchBytes, batchLists, inBatches } from './batches.ts';
import { bits27 } from './codec/bits.ts';
import type { IdPacking } from './codec/packing.ts';
import type { CachedSlate } from './codec.ts';
import type { CacheClient } from './connect.ts';
import { listenerIndex, pagePrefix, removeKeys } from './keys.ts';
import { decodeSlot, encodeSlot, type PageLayout, pageLayout } from './page-layout.ts';
import { sendPipeline } from './pipeline.ts';
import type { ListenerSlate } from './slate-store.ts';

/**
 * The lists of all listeners in pages: one string value for hundreds of them, read by GETRANGE and overwritten in place by
 * SETRANGE. What Redis spends on a key and on the rounding of its value is shared, so that a list of 200 takes 686 bytes
 * where a key of its own takes 842 or more. A page is whole from its first list on: right for listeners numbered without gaps.
 */
export interface SlatePages {
  readonly layout: PageLayout;
  /**
   * Overwrite the lists of these listeners, which are taken only as fast as the server stores them.
   * @returns how many were stored.
   * @throws DubplateError INVALID_OPTIONS when an id is too large for the packing.
   */
  write(generation: number, lists: Iterable<ListenerSlate>): Promise<number>;
  /**
   * The lists of many listeners, in their order; undefined where there is none. Each carries the generation that made it.
   * @throws DubplateError INVALID_INPUT when a slot is torn; page and slot are named.
   */
  read(listeners: Uint32Array): Promise<(CachedSlate | undefined)[]>;
  /** Remove the pages, and no other keys. */
  clear(): Promise<void>;
}

export interface PageOptions {
  /**
   * As for the slate store, whose keys of the same namespace are others. Keys: `dp:<namespace>:/<bytes of a slot>.<page>`,
   * both in base 36, so that lists of another length have other pages.
   */
  readonly namespace: string;
  /** Most tracks of a list. */
  readonly length: number;
  readonly packing?: IdPacking;
}

/** @param client a real server: the embedded cache takes bytes for text in SETRANGE, and damages them. */
export function createSlatePages(
  client: CacheClient,
  { namespace, length, packing = bits27 }: PageOptions,
): SlatePages {
  if (client.isEmbedded) throw new Error('pages need a real server: the embedded cache damages their bytes');
  const layout = pageLayout(length, packing);
  const { slots, slotBytes, pageBytes } = layout;
  const prefix = pagePrefix(namespace);
  const placeOf = (listener: number): { readonly key: string; readonly slot: number } => ({
    key: `${prefix}${slotBytes.toString(36)}.${Math.floor(listenerIndex(listener) / slots).toString(36)}`,
    slot: listener % slots,
  });
  const lists = Math.max(1, Math.min(batchLists, Math.floor(batchBytes / slotBytes)));

  return {
    layout,

    async write(generation, all) {
      let stored = 0;
      for (const batch of inBatches(all, lists)) {
        const written = batch.map((list) => ({
          ...placeOf(list.listener),
          bytes: encodeSlot({ ...list, generation }, layout),
        }));
        await sendPipeline(client, `writing lists of generation ${generation} into pages`, (pipeline) => {
          const pages = new Set<string>();
          for (const { key, slot, bytes } of written) {
            // A page that grew list by list would be given twice its size, each time anew.
            if (!pages.has(key)) pipeline.setrange(key, pageBytes - 1, '\0');
            pages.add(key);
            pipeline.setrange(key, slot * slotBytes, bytes);
          }
        });
        stored += batch.length;
      }
      return stored;
    },

    async read(listeners) {
      const found: (CachedSlate | undefined)[] = [];
      for (const batch of inBatches(listeners, lists)) {
        const places = batch.map(placeOf);
        const values = await sendPipeline(client, 'reading lists from pages', (pipeline) => {
          for (const { key, slot } of places) {
            pipeline.getrangeBuffer(key, slot * slotBytes, (slot + 1) * slotBytes - 1);
          }
        });
        places.forEach(({ key, slot }, i) => {
          found.push(decodeSlot(values[i] as Buffer, layout, `${key}, slot ${slot},`));
        });
      }
      return found;
    },

    clear: () => removeKeys(client, prefix),
  };
}
