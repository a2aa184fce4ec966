import { describeCache } from '../engine/cache/connect.ts';

/**
 * The command as it could be typed again, for manifests and reports; a password in a cache URL is left out.
 * @param words what stood behind `npx dubplate`.
 */
export const commandLine = (words: readonly string[]): string =>
  ['npx', 'dubplate', ...words]
    .map((word) => word.replace(/^(--redis=)?(rediss?:.*)$/i, (_, flag = '', url) => `${flag}${describeCache(url)}`))
    .map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
