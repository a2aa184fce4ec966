import { messageOf } from '../../engine/core/errors.ts';
import { invalid } from '../../engine/interactions/input-errors.ts';
import { openDuckDb } from '../duckdb.ts';
import type { LogCollector } from './log-collector.ts';
import { heardTable, playColumnsOf, playTable, readCells } from './play-table.ts';

/**
 * Read the plays of a Parquet file by the names of its columns, as {@link playColumnsOf} knows them.
 * @throws DubplateError INVALID_INPUT when it is no whole Parquet file or lacks columns.
 */
export async function readParquet(path: string, owner: string, collector: LogCollector): Promise<void> {
  const { connection, close } = await openDuckDb();
  try {
    const from = `read_parquet('${path.replaceAll("'", "''")}')`;
    const header = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`))
      .getRows()
      .map(([name]) => String(name));
    const columns = playColumnsOf(header);
    if (columns === undefined) {
      throw invalid(
        path,
        `has the columns ${header.join(', ')}: none for time, artist or track`,
        'Name them timestamp, artist_name and track_name; user_id and ms_played may be there too.',
      );
    }
    const file = collector.file(path, owner, columns.playedMs === undefined ? playTable : heardTable);
    // As text, whatever the types: then it is read like any other table.
    const rows = await connection.stream(`SELECT COLUMNS(*)::VARCHAR FROM ${from}`);
    let row = 0;
    for (let chunk = await rows.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await rows.fetchChunk()) {
      for (const cells of chunk.getRows() as (string | null)[][]) file.add(readCells(cells, columns), `row ${++row}`);
    }
    file.end();
  } catch (cause) {
    if (cause instanceof Error && 'hint' in cause) throw cause;
    throw invalid(path, `cannot be read as Parquet: ${messageOf(cause).split('\n')[0]}`, 'Write it anew.', cause);
  } finally {
    close();
  }
}
