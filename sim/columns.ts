/** The kinds of column that the numbers of an actor live in. Which one decides how they wrap. */
interface ColumnTypes {
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
}
export type ColumnType = keyof ColumnTypes;
type Column = ColumnTypes[ColumnType];

/** Where columns lie: memory that all threads share, which is posted without being copied, or a thread's own. */
type Memory = typeof ArrayBuffer | typeof SharedArrayBuffer;

type Constructor<C> = (new (buffer: ArrayBufferLike) => C) & { readonly BYTES_PER_ELEMENT: number };
const constructors: { readonly [T in ColumnType]: Constructor<ColumnTypes[T]> } = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
};

/** Names and types of the columns of one kind of actor. */
export type Layout = Readonly<Record<string, ColumnType>>;

/** Typed columns of a layout: entry i of each belongs to actor i. */
export type ColumnsOf<L extends Layout> = { readonly [N in keyof L]: ColumnTypes[L[N]] };

/** Zeros, in shared memory unless another is named. */
export function columnOf<T extends ColumnType>(
  type: T,
  length: number,
  Memory: Memory = SharedArrayBuffer,
): ColumnTypes[T] {
  const Type: Constructor<ColumnTypes[T]> = constructors[type];
  return new Type(new Memory(length * Type.BYTES_PER_ELEMENT));
}

/** Columns of zeros for `rows` actors. */
export function columnsOf<L extends Layout>(layout: L, rows: number, Memory?: Memory): ColumnsOf<L> {
  const columns = Object.entries(layout).map(([name, type]) => [name, columnOf(type, rows, Memory)]);
  return Object.fromEntries(columns) as ColumnsOf<L>;
}

/** Columns equal to `columns`, in shared memory of their own. */
export function copyColumns<C extends { readonly [N in keyof C]: Column }>(columns: C): C {
  const copies = Object.entries<Column>(columns).map(([name, column]) => {
    const Type = column.constructor as Constructor<Column>;
    const copy = new Type(new SharedArrayBuffer(column.byteLength));
    copy.set(column);
    return [name, copy];
  });
  return Object.fromEntries(copies) as C;
}

/** Bytes that columns take. */
export const bytesOf = (columns: object): number =>
  Object.values(columns).reduce((sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0), 0);
