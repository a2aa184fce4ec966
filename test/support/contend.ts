/**
 * Takes and gives back the folder of a run as often as it is told, in turn with others that do the same; every other time it
 * leaves the lock of a process that is gone in the place of its own. Ends where another has the folder at the same time.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockName, lockRun } from '../../scenarios/run-lock.ts';

const [path = '', times = '0'] = process.argv.slice(2);
const lock = join(path, lockName);
const { pid: gone } = spawnSync(process.execPath, ['--version']);
const mine = join(path, 'mine');

let taken = 0;
while (taken < Number(times)) {
  let unlock: () => void;
  try {
    unlock = lockRun(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'FOLDER_IN_USE') continue;
    throw error;
  }
  closeSync(openSync(mine, 'wx')); // throws where it is another's
  taken++;
  rmSync(mine);
  const dies = taken % 2 === 0 && taken < Number(times);
  if (dies) writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), pid: gone }));
  unlock();
}
process.stdout.write(JSON.stringify({ taken }));
