/** In the order of every table. */
export const boundNames: readonly string[] = ['random', 'popular', 'oracle', 'trueSound', 'level'];
