import { DubplateError } from '../../../engine/core/errors.ts';
import type { Respond } from '../../../engine/core/side-thread.ts';

export interface Question {
  readonly text: string;
  readonly numbers?: Float32Array;
}

export interface Answer {
  readonly heard: string;
  readonly asked: number;
}

/** Runs on the side thread of side-thread.test.ts. */
export const respond: Respond<string, Question, Answer> = (data) => {
  if (data === 'broken') throw new Error('cannot start');
  let asked = 0;
  return ({ text, numbers }) => {
    if (text === 'die') process.exit(3);
    if (text === 'fail') throw new TypeError('not mine');
    if (text === 'refuse') throw new DubplateError('NOT_FINITE', 'a row', { hint: 'mend it', details: { row: 3 } });
    asked += 1;
    numbers?.forEach((number, i) => {
      numbers[i] = 2 * number;
    });
    return { heard: `${data} ${text}`, asked };
  };
};
