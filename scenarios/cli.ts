import { Command, CommanderError } from 'commander';
import { DubplateError, exitCodeOf } from '../engine/core/errors.ts';
import { benchCommand } from './commands/bench.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { doctorCommand } from './commands/doctor.ts';
import { embedCommand } from './commands/embed.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { fidelityCommand } from './commands/fidelity.ts';
import { inspectCommand } from './commands/inspect.ts';
import { listCommand } from './commands/list.ts';
import { planCommand } from './commands/plan.ts';
import { recommendCommand } from './commands/recommend.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { trainCommand } from './commands/train.ts';
import { validateCommand } from './commands/validate.ts';
import { version } from './version.ts';

const exitCodes = `
Exit codes: 0 fine, 1 an expectation was not met, 2 invalid input or configuration,
            3 inconclusive, 4 invalid run or disk full, 70 bug, 130 interrupted.`;

/** The command line: every verb of Dubplate. */
export function createProgram(): Command {
  const program = new Command('dubplate')
    .description('Simulated listeners and releases play against the real music recommender, day after day.')
    .version(version)
    .addHelpText('after', exitCodes);
  const commands = [
    runCommand(),
    listCommand(),
    explainCommand(),
    reportCommand(),
    exportCommand(),
    inspectCommand(),
    trainCommand(),
    recommendCommand(),
    evaluateCommand(),
    embedCommand(),
    fidelityCommand(),
    calibrateCommand(),
    validateCommand(),
    benchCommand(),
    planCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}

/** Runs one command line and sets the exit code; the only place where errors become text. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that closes the pipe early (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = createProgram();
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
