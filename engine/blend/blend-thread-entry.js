// Node 20 loads no TypeScript of its own: tsx does, here as in the main thread, where 'tsx/esm' alone would be enough.
import { register } from 'tsx/esm/api';

register();
const { answerBlocks } = await import('./blend-thread.ts');
answerBlocks();
