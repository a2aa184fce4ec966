/** What can go wrong at the edges. Closed: a new code is added here, with its meaning, before it is thrown anywhere. */
export type ErrorCode =
  | 'INVALID_OPTIONS' // a scenario, an option or a flag does not fit its schema
  | 'INVALID_INPUT' // a data file or a row of it is not what was expected
  | 'INVALID_AUDIO' // a sound file cannot be decoded into samples
  | 'FILE_NOT_FOUND'
  | 'OUTPUT_NOT_A_RUN' // the output folder exists and was not written by Dubplate
  | 'FOLDER_IN_USE' // another process works in the output folder
  | 'CACHE_UNREACHABLE' // the cache server refuses or does not answer
  | 'CACHE_INCOMPLETE' // the cache server does not hold what was written to it
  | 'NOT_POSITIVE_DEFINITE' // a normal-equation matrix cannot be factorised
  | 'NOT_FINITE' // NaN or infinity where a number was needed
  | 'MISSING_TOOL' // something optional on this machine is needed now
  | 'DISK_FULL' // there is no room for a file that has to be written
  | 'AUDIT_FAILED' // a count that must balance does not: the run is invalid
  | 'INTERRUPTED'; // the user asked to stop

/**
 * Exit codes of the command line: 0 fine, 1 threshold or regression, 2 invalid input, 3 inconclusive, 4 invalid run or no
 * room on the disk, 70 bug.
 */
export const exitCodeOf = (code: ErrorCode): number => exitCodes[code] ?? 2;

const exitCodes: Partial<Record<ErrorCode, number>> = {
  AUDIT_FAILED: 4,
  CACHE_INCOMPLETE: 4,
  DISK_FULL: 4,
  INTERRUPTED: 130,
};

/**
 * The one error class of the project, for what a user can mend. Broken invariants throw plain `Error` instead: a bug.
 *
 * @param message what was found, what was expected, and where.
 * @param hint what to do about it.
 */
export class DubplateError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint: string;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DubplateError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** What something that was thrown says of itself. */
export const messageOf = (cause: unknown): string => {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
};
