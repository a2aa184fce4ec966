/**
 * A DuckDB database in memory, and what tables of it are made with. Loaded when it is needed: no other command pays for it. It is not
 * allowed to fetch anything.
 */
export async function openDuckDb() {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  return {
    duckdb,
    connection,
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
