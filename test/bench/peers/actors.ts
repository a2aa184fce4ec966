// One process of `compare-actors.ts`: lives through sessions with the compiled table, or with plain XState actors.
import { type Actor, createActor } from 'xstate';
import { listenerLayout, listenerTable } from '../../../sim/actors/listener.ts';
import { bytesOf, columnsOf } from '../../../sim/columns.ts';
import { newListener, plainListenerMachine } from './plain-listener.ts';

const [program, ...sizes] = process.argv.slice(2);
const [actors = 0, sessions = 0, tracks = 0] = sizes.map(Number);

/** Every fourth track, at another place for every actor and session. */
const skips = (actor: number, session: number, track: number): boolean => (actor + 3 * session + track) % 4 === 0;
const patience = 8;

/** Delivers the events of all sessions, actor after actor. */
function live(tell: (actor: number, event: keyof typeof listenerTable.events) => void): number {
  const start = performance.now();
  for (let session = 0; session < sessions; session++) {
    for (let actor = 0; actor < actors; actor++) {
      tell(actor, 'session.due');
      for (let track = 0; track < tracks; track++)
        tell(actor, skips(actor, session, track) ? 'track.skipped' : 'track.finished');
      tell(actor, 'session.ended');
    }
  }
  return (performance.now() - start) / 1000;
}

function table() {
  const columns = columnsOf({ ...listenerLayout, state: 'uint8' }, actors);
  const { step, events } = listenerTable;
  for (let actor = 0; actor < actors; actor++) {
    listenerTable.start(columns, actor);
    columns.patience[actor] = patience;
    step(columns, actor, events['listener.recalled']);
  }
  const seconds = live((actor, event) => step(columns, actor, events[event]));
  const sum = (column: Uint32Array): number => column.reduce((total, value) => total + value, 0);
  return { seconds, bytesPerActor: bytesOf(columns) / actors, plays: sum(columns.plays), skips: sum(columns.skips) };
}

function plain() {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const running: Actor<typeof plainListenerMachine>[] = [];
  for (let actor = 0; actor < actors; actor++) {
    running.push(createActor(plainListenerMachine, { input: newListener(patience) }).start());
  }
  globalThis.gc?.();
  const bytesPerActor = (process.memoryUsage().heapUsed - before) / actors;
  const seconds = live((actor, type) => running[actor]?.send({ type }));
  const sum = (name: 'plays' | 'skips'): number =>
    running.reduce((total, actor) => total + actor.getSnapshot().context[name], 0);
  return { seconds, bytesPerActor, plays: sum('plays'), skips: sum('skips') };
}

const result = program === 'table' ? table() : plain();
process.stdout.write(`${JSON.stringify({ ...result, events: actors * sessions * (tracks + 2) })}\n`);
