import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { type ExperimentResult, runExperiment } from '../../scenarios/experiment.ts';
import { openRunFolder } from '../../scenarios/run-folder.ts';
import { parseScenario, type ScenarioInput } from '../../scenarios/schema.ts';

/** Runs a scenario in a folder as the command line does. */
export const runScenario = (scenario: ScenarioInput, path: string): Promise<ExperimentResult> =>
  runExperiment(parseScenario(scenario, scenario.name), {
    folder: openRunFolder(path, { resume: false }),
    resume: false,
    redisUrl: undefined,
    encoder: undefined,
    kernel: chooseKernel(),
    command: 'npm run validate',
    progress: () => {},
  });
