import { parentPort, Worker } from 'node:worker_threads';
import { DubplateError } from './errors.ts';

/** What the module of a side thread exports as `respond`: called once there with `data`, then with every question. */
export type Respond<Data, Question, Answer> = (data: Data) => (question: Question) => Answer;

type Plain = Pick<DubplateError, 'code' | 'message' | 'hint' | 'details'>;
type Reply<Answer> = { readonly answer: Answer } | { readonly refusal: Plain } | { readonly error: Error };

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Another thread that answers questions, in the order in which they are asked. It starts with the first, and again when it
 * has died. It keeps the process alive only while somebody waits.
 */
export class SideThread<Question, Answer> {
  readonly #module: URL;
  readonly #data: unknown;
  readonly #waiting: Waiting<Answer>[] = [];
  #worker: Worker | undefined;

  /** @param module exports `respond`, a {@link Respond}, which is given `data`. */
  constructor(module: URL, data?: unknown) {
    this.#module = module;
    this.#data = data;
  }

  /** @throws what answering threw, a DubplateError as such; an Error when the thread dies or is closed. */
  ask(question: Question): Promise<Answer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      worker.postMessage(question);
      this.#waiting.push({ resolve, reject });
      worker.ref();
    });
  }

  /** Ends the thread, at once; those who wait are told. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the thread was closed'));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./side-thread-entry.js', import.meta.url), {
      workerData: { module: this.#module.href, data: this.#data },
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (reply: Reply<Answer>) => {
      const asker = worker === this.#worker ? this.#waiting.shift() : undefined;
      if (this.#waiting.length === 0) worker.unref();
      if ('answer' in reply) asker?.resolve(reply.answer);
      else asker?.reject('refusal' in reply ? fromPlain(reply.refusal) : reply.error);
    });
    const end = (error: unknown): void => {
      if (worker === this.#worker) this.#end(error);
    };
    worker.on('error', end);
    worker.on('messageerror', end);
    worker.on('exit', (code) => end(new Error(`the thread of ${this.#module.pathname} ended with code ${code}`)));
    return worker;
  }

  #end(error: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Runs on the other thread. */
export function answerQuestions<Question, Answer>(respond: (question: Question) => Answer): void {
  parentPort?.on('message', (question: Question) => parentPort?.postMessage(replyTo(() => respond(question))));
}

function replyTo<Answer>(respond: () => Answer): Reply<Answer> {
  try {
    return { answer: respond() };
  } catch (error) {
    if (!(error instanceof DubplateError)) return { error: error instanceof Error ? error : new Error(String(error)) };
    const { code, message, hint, details } = error;
    return { refusal: { code, message, hint, details } }; // as it is, an error would lose its class and all but its message
  }
}

const fromPlain = ({ code, message, hint, details }: Plain): DubplateError =>
  new DubplateError(code, message, { hint, details });
