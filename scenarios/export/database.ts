import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Table, Values } from '../../sim/log.ts';
import { openDuckDb } from '../duckdb.ts';
import { notWritten } from './export-folder.ts';

export const fileFormats = ['parquet', 'csv'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A DuckDB database in memory: tables go in as typed columns, what is selected from them comes out as files. */
export interface Database {
  /** Makes table `name` of these columns, in the place of one of that name. */
  put(name: string, table: Table): Promise<void>;
  /**
   * Writes what `select` gives to `path`: temporary name, flush to disk, rename. A file that exists is whole.
   * @returns rows written.
   * @throws DubplateError DISK_FULL, or INVALID_OPTIONS when the disk refuses for another reason.
   */
  write(select: string, path: string, format: FileFormat): Promise<number>;
  close(): void;
}

export async function openDatabase(): Promise<Database> {
  const { duckdb, connection, close } = await openDuckDb();
  const { DuckDBDataChunk, FLOAT, INTEGER, SMALLINT, UINTEGER, UTINYINT, VARCHAR } = duckdb;
  const typeOf = (values: Values) => {
    if (values instanceof Uint8Array) return UTINYINT;
    if (values instanceof Int16Array) return SMALLINT;
    if (values instanceof Int32Array) return INTEGER;
    if (values instanceof Uint32Array) return UINTEGER;
    return values instanceof Float32Array ? FLOAT : VARCHAR;
  };
  return {
    async put(name, table) {
      const columns = Object.values(table);
      const types = columns.map(typeOf);
      const declared = Object.keys(table).map((column, i) => `${quoted(column)} ${types[i]}`);
      await connection.run(`CREATE OR REPLACE TABLE ${quoted(name)} (${declared.join(', ')})`);
      const appender = await connection.createAppender(name);
      const length = columns[0]?.length ?? 0;
      for (let from = 0; from < length; from += chunkRows) {
        const chunk = DuckDBDataChunk.create(types);
        chunk.setColumns(columns.map((values) => Array.from<string | number>(values.slice(from, from + chunkRows))));
        appender.appendDataChunk(chunk);
      }
      appender.closeSync();
    },

    async write(select, path, format) {
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        mkdirSync(dirname(path), { recursive: true });
        const { rowsChanged } = await connection.run(
          `COPY (${select}) TO '${temporary.replaceAll("'", "''")}' (${copyOptions[format]}, USE_TMP_FILE false)`,
        );
        flush(temporary);
        renameSync(temporary, path);
        return rowsChanged;
      } catch (cause) {
        if (!isOfDisk(cause)) throw cause;
        // Where the folder could not be made there is no file either.
        if (existsSync(temporary)) rmSync(temporary);
        throw notWritten(path, cause);
      }
    },

    close,
  };
}

/** As many rows as DuckDB takes at once. */
const chunkRows = 2048;

const copyOptions: Readonly<Record<FileFormat, string>> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Whoever opens the file to flush it flushes what others wrote to it too. */
function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Node's errors of files name the call to the system; DuckDB's begin with what they are about. */
const isOfDisk = (cause: unknown): boolean =>
  cause instanceof Error && ('syscall' in cause || cause.message.startsWith('IO Error'));
