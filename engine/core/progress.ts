/**
 * Told how far long work is. Engine and sim only report; who shows it, and how, is the command line's business.
 *
 * @param label what is being done.
 * @param done  work finished so far, in the same unit as `total`.
 */
export type Progress = (label: string, done: number, total: number) => void;

export const silent: Progress = () => {};
