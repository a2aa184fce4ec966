import { once } from 'node:events';
import { createServer, type Socket, connect as tcpConnect } from 'node:net';

/** What stands between a client and a server of a test, and goes wrong when it is told to. */
export interface FaultProxy {
  readonly url: string;
  /** End every connection, as a broken network would. New ones are taken. */
  cut(): void;
  /** Pass nothing on in either direction, on new connections neither, until {@link flow}. */
  stall(): void;
  flow(): void;
  /** New connections lead to another port; those that exist are cut. */
  redirect(port: number): void;
  /** Do something once, when so many bytes more have come from clients; what has come is held until it is done. */
  after(bytes: number, act: () => void | Promise<void>): void;
  /** Hold back each piece of an answer for so long. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** @param port of the server, on 127.0.0.1. */
export async function startFaultProxy(port: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let upstream = port;
  let isStalled = false;
  let delayMs = 0;
  let trigger: { bytes: number; readonly act: () => void | Promise<void> } | undefined;

  /** Counts what comes from clients; undefined where nothing is due. */
  const due = (bytes: number): (() => void | Promise<void>) | undefined => {
    if (!trigger) return undefined;
    trigger.bytes -= bytes;
    if (trigger.bytes > 0) return undefined;
    const { act } = trigger;
    trigger = undefined;
    return act;
  };

  const listener = createServer((client) => {
    const server = tcpConnect(upstream, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.on('data', (data) => {
      const act = due(data.length);
      if (!act) return void server.write(data);
      client.pause();
      void Promise.resolve(act()).then(() => {
        if (!server.destroyed) server.write(data);
        if (!isStalled) client.resume();
      });
    });
    server.on('data', (data) => {
      if (delayMs === 0) client.write(data);
      else setTimeout(() => client.destroyed || client.write(data), delayMs);
    });
    if (isStalled) for (const socket of [client, server]) socket.pause();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  const each = (act: (socket: Socket) => void): void => {
    for (const { client, server } of pairs) [client, server].forEach(act);
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    cut,
    stall() {
      isStalled = true;
      each((socket) => socket.pause());
    },
    flow() {
      isStalled = false;
      each((socket) => socket.resume());
    },
    redirect(to) {
      upstream = to;
      cut();
    },
    after(bytes, act) {
      trigger = { bytes, act };
    },
    delay(ms) {
      delayMs = ms;
    },
    async stop() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
