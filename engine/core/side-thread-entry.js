// Node 20 loads no TypeScript of its own: tsx does, here as in the main thread, where 'tsx/esm' alone would be enough.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { answerQuestions } = await import('./side-thread.ts');
const { respond } = await import(workerData.module);
answerQuestions(respond(workerData.data));
