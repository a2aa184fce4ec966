import { afterEach, describe, expect, it } from 'vitest';
import { DubplateError } from '../../../engine/core/errors.ts';
import { SideThread } from '../../../engine/core/side-thread.ts';
import type { Answer, Question } from './side-thread-parrot.ts';

describe('a side thread', () => {
  const parrot = (data = 'seed') =>
    new SideThread<Question, Answer>(new URL('./side-thread-parrot.ts', import.meta.url), data);
  const thread = parrot();
  afterEach(() => thread.close());

  it('answers questions in their order, with what it was given, remembering what it was asked', async () => {
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => thread.ask({ text })));
    expect(answers).toEqual([
      { heard: 'seed a', asked: 1 },
      { heard: 'seed b', asked: 2 },
      { heard: 'seed c', asked: 3 },
    ]);
  });

  it('writes to memory that both threads share', async () => {
    const numbers = new Float32Array(new SharedArrayBuffer(12));
    numbers.set([1, 2, 4]);
    expect(await thread.ask({ text: 'double', numbers })).toEqual({ heard: 'seed double', asked: 1 });
    expect([...numbers]).toEqual([2, 4, 8]);
  });

  it('throws what answering threw, our own errors whole, and answers on', async () => {
    const refusal = await thread.ask({ text: 'refuse' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DubplateError);
    expect(refusal).toMatchObject({ code: 'NOT_FINITE', message: 'a row', hint: 'mend it', details: { row: 3 } });
    await expect(thread.ask({ text: 'fail' })).rejects.toThrow(new TypeError('not mine'));
    expect(await thread.ask({ text: 'on' })).toEqual({ heard: 'seed on', asked: 1 });
  });

  it('tells all who wait when it dies, and starts again for the next', async () => {
    const [dying, waiting] = [thread.ask({ text: 'die' }), thread.ask({ text: 'too late' })];
    await expect(dying).rejects.toThrow('side-thread-parrot.ts ended with code 3');
    await expect(waiting).rejects.toThrow('ended with code 3');
    expect(await thread.ask({ text: 'again' })).toEqual({ heard: 'seed again', asked: 1 });
  });

  it('tells all who wait when it is closed', async () => {
    const waiting = expect(thread.ask({ text: 'a' })).rejects.toThrow('was closed');
    await thread.close();
    await waiting;
  });

  it('fails where the other thread cannot start', async () => {
    await expect(parrot('broken').ask({ text: 'a' })).rejects.toThrow('cannot start');
    const missing = new SideThread<string, string>(new URL('./no-such-module.ts', import.meta.url));
    await expect(missing.ask('a')).rejects.toThrow('no-such-module');
  });

  it('refuses a question that cannot be sent, and answers the next', async () => {
    const unsendable = { text: 'a', numbers: (() => {}) as unknown as Float32Array };
    await expect(thread.ask(unsendable)).rejects.toThrow('could not be cloned');
    expect(await thread.ask({ text: 'b' })).toEqual({ heard: 'seed b', asked: 1 });
  });
});
