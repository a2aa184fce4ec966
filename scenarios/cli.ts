import { Command, CommanderError } from 'commander';
import { DubplateError, exitCodeOf } from '../engine/core/errors.ts';
import { version } from './version.ts';

const exitCodes = `
Exit codes: 0 fine, 1 an expectation was not met, 2 invalid input or configuration,
            3 inconclusive, 4 invalid run or disk full, 70 bug, 130 interrupted.`;

/** Every verb of Dubplate, loaded when it is asked for: to load them all takes longer than some of them run. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  train: async () => (await import('./commands/train.ts')).trainCommand(),
  recommend: async () => (await import('./commands/recommend.ts')).recommendCommand(),
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluateCommand(),
  embed: async () => (await import('./commands/embed.ts')).embedCommand(),
  fidelity: async () => (await import('./commands/fidelity.ts')).fidelityCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  calibrate: async () => (await import('./commands/calibrate.ts')).calibrateCommand(),
  validate: async () => (await import('./commands/validate.ts')).validateCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  plan: async () => (await import('./commands/plan.ts')).planCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
};

/** The command line: the verb that is asked for, or all where none of them is. */
export async function createProgram(verb?: string): Promise<Command> {
  const program = new Command('dubplate')
    .description('Simulated listeners and releases play against the real music recommender, day after day.')
    .version(version)
    .addHelpText('after', exitCodes);
  const asked = verb !== undefined && Object.hasOwn(verbs, verb) ? [verbs[verb]!] : Object.values(verbs);
  for (const load of asked) program.addCommand(await load());
  return program;
}

/** Runs one command line and sets the exit code; the only place where errors become text. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that closes the pipe early (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = await createProgram(argv[2]);
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = explainFailure(error, argv.includes('--json'));
  }
}

/** Says on stderr (as JSON on stdout too, if asked) what went wrong and what to do; returns the exit code. */
function explainFailure(error: unknown, json: boolean): number {
  // Commander has already printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isUserError(error)) {
    const code = error instanceof DubplateError ? error.code : 'INVALID_INPUT';
    if (json) {
      process.stdout.write(
        `${JSON.stringify({ schema: 1, error: { code, message: error.message, hint: error.hint } })}\n`,
      );
    }
    process.stderr.write(`error: ${error.message}\n  → ${error.hint}\n`);
    return error instanceof DubplateError ? exitCodeOf(error.code) : 2;
  }
  process.stderr.write(`This is a bug in Dubplate.\n${error instanceof Error ? error.stack : String(error)}\n`);
  return 70;
}

const isUserError = (error: unknown): error is Error & { readonly hint: string } =>
  error instanceof Error && 'hint' in error && typeof error.hint === 'string';
