/** A short list per listener, without order or repeats: the library, the followed artists. */
export interface Shelf {
  /** Most entries per listener; at most 255. */
  readonly capacity: number;
  /** Row-major [listeners × capacity]; the first `size` of a row are in use. */
  readonly items: Uint32Array;
  readonly size: Uint8Array;
}

export const createShelf = (listeners: number, capacity: number): Shelf => ({
  capacity,
  items: new Uint32Array(listeners * capacity),
  size: new Uint8Array(listeners),
});

export const copyShelf = (shelf: Shelf): Shelf => ({
  capacity: shelf.capacity,
  items: shelf.items.slice(),
  size: shelf.size.slice(),
});

export function isOn(shelf: Shelf, listener: number, item: number): boolean {
  const start = listener * shelf.capacity;
  const end = start + shelf.size[listener]!;
  for (let i = start; i < end; i++) if (shelf.items[i] === item) return true;
  return false;
}

/** Put `item` on the shelf unless it is there; a full shelf gives up the entry that the uniform number u points at. */
export function putOn(shelf: Shelf, listener: number, item: number, u: number): void {
  if (isOn(shelf, listener, item)) return;
  const start = listener * shelf.capacity;
  const size = shelf.size[listener]!;
  if (size < shelf.capacity) {
    shelf.items[start + size] = item;
    shelf.size[listener] = size + 1;
  } else {
    shelf.items[start + Math.floor(u * size)] = item;
  }
}

/** Take `item` off the shelf if it is there. */
export function takeOff(shelf: Shelf, listener: number, item: number): void {
  const start = listener * shelf.capacity;
  const size = shelf.size[listener]!;
  for (let i = start; i < start + size; i++) {
    if (shelf.items[i] !== item) continue;
    shelf.items[i] = shelf.items[start + size - 1]!;
    shelf.size[listener] = size - 1;
    return;
  }
}
