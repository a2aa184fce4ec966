/**
 * What a user can mend about a run folder. Has the shape of the engine's own error (a code, a message that says what was
 * found and expected, a hint that says what to do), so that the command line shows both alike; reports import neither.
 */
export class ReportError extends Error {
  readonly code: 'FILE_NOT_FOUND' | 'INVALID_INPUT';
  readonly hint: string;

  constructor(
    code: ReportError['code'],
    message: string,
    options: { readonly hint: string; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ReportError';
    this.code = code;
    this.hint = options.hint;
  }
}
