import { invalidLine } from '../../engine/interactions/input-errors.ts';
import { columnsOf, readLines, separatorOf } from '../../engine/interactions/lines.ts';
import { plural } from '../../reports/format.ts';

/** One line of a candidates file, by ids. */
export interface CandidateLine {
  readonly user: string;
  readonly positive: string;
  readonly negatives: readonly string[];
}

/**
 * Read questions of the candidates protocol: `user, positive, negative, negative, …`, separated as interactions are.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT naming the line when it has fewer than three columns or an empty id.
 */
export async function readCandidates(path: string): Promise<CandidateLine[]> {
  const lines: CandidateLine[] = [];
  for await (const { number, text } of readLines(path)) {
    // Negatives may be separated from each other by spaces where the other columns are separated by tabs.
    const ids = columnsOf(text, separatorOf(text)).flatMap((column) => column.split(' '));
    const [user, positive, ...negatives] = ids;
    if (user === undefined || positive === undefined || negatives.length === 0 || ids.includes('')) {
      throw invalidLine(
        path,
        number,
        `${plural(ids.length, 'column')}${ids.includes('') ? ', one of them empty' : ''}, expected at least 3`,
        'The candidates protocol wants a user, the held-out item, and the items it is ranked among.',
      );
    }
    lines.push({ user, positive, negatives });
  }
  return lines;
}
