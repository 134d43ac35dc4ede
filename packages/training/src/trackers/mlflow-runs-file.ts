import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partialPathOf } from '@recsys/data/node';
import { z } from 'zod';

const fileSchema = z.strictObject({
  format: z.literal(1),
  runs: z.array(z.strictObject({ url: z.string(), experiment: z.string(), run: z.string() })),
});

/** An experiment on a server. */
interface Place {
  readonly url: string;
  readonly experiment: string;
}

const pathIn = (runDirectory: string): string => join(runDirectory, 'mlflow.json');

const runsIn = (runDirectory: string) => {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(pathIn(runDirectory), 'utf8'))).runs;
  } catch {
    return []; // the run begins again on the server, and nothing is lost
  }
};

/** Returns the id of the MLflow run that a run directory keeps for an experiment. */
export const keptRun = (runDirectory: string, { url, experiment }: Place): string | undefined =>
  runsIn(runDirectory).find((kept) => kept.url === url && kept.experiment === experiment)?.run;

/** Keeps the id of an MLflow run in a run directory. In one go: two trackers of the same training must not lose each other's. */
export const keepRun = (runDirectory: string, { url, experiment }: Place, run: string): void => {
  const others = runsIn(runDirectory).filter((kept) => kept.url !== url || kept.experiment !== experiment);
  const path = pathIn(runDirectory);
  const partial = partialPathOf(path);
  const content = { format: 1, runs: [...others, { url, experiment, run }] };
  writeFileSync(partial, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(partial, path);
};
