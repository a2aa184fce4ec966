/** A table of a report, whatever it is written as. */
export interface PlainTable {
  readonly title: string;
  /** What to know before reading it; '' for nothing. */
  readonly note: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The first so many columns hold words, the others figures. */
  readonly textColumns: number;
}
