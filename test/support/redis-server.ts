import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';

/** A real server of this test, on a port of its own and with a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** End it as a power cut would, at once. */
  kill(): Promise<void>;
  /** Start it again on the same port and folder. */
  restart(): Promise<void>;
  /** Stop it where it stands (SIGSTOP): it takes connections, and says nothing; and let it go on. */
  pause(): void;
  resume(): void;
  /** End it and remove its folder. */
  stop(): Promise<void>;
}

const hasRedisServer = ((): boolean => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A suite that needs a real server: skipped with one line when the machine has none, failed when REQUIRE_REDIS=1. */
export function describeWithRedis(name: string, suite: () => void): void;
export function describeWithRedis(name: string, options: { readonly timeout: number }, suite: () => void): void;
export function describeWithRedis(
  name: string,
  ...rest: [suite: () => void] | [options: { readonly timeout: number }, suite: () => void]
): void {
  const [options, suite] = rest.length === 1 ? [{}, rest[0]] : rest;
  if (!hasRedisServer && process.env.REQUIRE_REDIS === '1') {
    describe(name, () => {
      it('finds redis-server on the PATH', () => {
        throw new Error('REQUIRE_REDIS=1, but there is no redis-server on the PATH: apt-get install redis-server');
      });
    });
    return;
  }
  if (!hasRedisServer) {
    process.stderr.write(`SKIPPED ${name}: no redis-server on the PATH; get it with: apt-get install redis-server\n`);
  }
  describe.runIf(hasRedisServer)(name, options, suite);
}

/**
 * Start redis-server on a free port of 127.0.0.1, in memory only unless `flags` say otherwise.
 * @param flags as on its command line: ['--requirepass', 'secret'].
 */
export async function startRedis(flags: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dubplate-redis-'));
  const port = await freePort();
  let child = await launch(port, folder, flags);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: async () => {
      await kill();
      child = await launch(port, folder, flags);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, folder: string, flags: readonly string[]): Promise<ChildProcess> {
  const memoryOnly = ['--save', '', '--appendonly', 'no'];
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...memoryOnly, ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  // No server outlives the tests, not even when they are interrupted.
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  child.once('exit', () => process.removeListener('exit', onExit));
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}:\n${output}`);
    if (output.includes('Ready to accept connections')) return child;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server was not ready after 10 s:\n${output}`);
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** A server that accepts connections and never says a word. */
export async function startMute(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** `used_memory` of a server once it stands still: tables are moved and buffers freed in the background. */
export async function settledMemory(port: number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 5; ) {
    await sleep(120);
    const used = await usedMemory(port);
    same = used === last ? same + 1 : 0;
    last = used;
  }
  return last;
}

/** Asked on a bare socket of its own, so that the question itself always takes the same bytes. */
async function usedMemory(port: number): Promise<number> {
  const socket = tcpConnect(port, '127.0.0.1');
  socket.write('INFO memory\r\n');
  let reply = '';
  for await (const data of socket) {
    reply += data;
    const used = /^used_memory:(\d+)\r\n/m.exec(reply)?.[1];
    if (used !== undefined) return Number(used); // leaving the loop closes the socket
  }
  throw new Error(`INFO memory was not answered: ${reply}`);
}
