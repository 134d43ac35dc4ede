import { both, difference, groupBy, mean, meanWithSpread, tableOf, withInterval } from './figures.ts';
import { type Figures, groupOf, type ReproducedRun } from './reproduced-runs.ts';

/** An experiment and those that extend it, each with its runs by one protocol. */
interface Changes {
  readonly standard: readonly ReproducedRun[];
  readonly changed: readonly (readonly ReproducedRun[])[];
}

/** Returns the runs of experiments that others extend, with those of these others that `isChange` accepts, by data and protocol. */
const changesIn = (runs: readonly ReproducedRun[], isChange: (run: ReproducedRun) => boolean): Map<string, Changes> => {
  const experiments = groupBy(runs, (run) => `${run.name} ${groupOf(run)}`);
  const changes = groupBy(
    [...experiments.values()].filter(([run]) => run!.extends !== undefined && isChange(run!)),
    ([run]) => `${run!.extends} ${groupOf(run!)}`,
  );
  return new Map(
    [...changes].flatMap(([key, changed]) => {
      const standard = experiments.get(key);
      return standard === undefined ? [] : [[key, { standard, changed }]];
    }),
  );
};

const meanOf = (runs: readonly ReproducedRun[], part: 'test' | 'validation', metric: 'hr10' | 'ndcg10'): number =>
  mean(runs.map((run) => run[part][metric]));
const validationOf = (runs: readonly ReproducedRun[]): Figures => ({
  hr10: meanOf(runs, 'validation', 'hr10'),
  ndcg10: meanOf(runs, 'validation', 'ndcg10'),
});

/** Returns the tables of the ablations, one for each dataset and protocol, compared with the experiment that they extend. */
export const ablationTables = (runs: readonly ReproducedRun[]): string =>
  [...changesIn(runs, ({ table }) => table === 'ablations').values()]
    .map(({ standard, changed }) => {
      const rows = [standard, ...changed].map((own) => {
        const { about, command, test } = own[0]!;
        return [
          about,
          meanWithSpread(own.map((run) => run.test.hr10)),
          own.length === 1
            ? withInterval(test.ndcg10, test.confidence95.ndcg10)
            : meanWithSpread(own.map((run) => run.test.ndcg10)),
          own === standard ? '' : difference(meanOf(own, 'test', 'ndcg10'), meanOf(standard, 'test', 'ndcg10')),
          own.map(({ seed }) => seed).join(', '),
          own.map(({ best }) => best.epoch).join(', '),
          `\`${command}\``,
        ];
      });
      const columns = ['', 'test HR@10', 'test NDCG@10', 'against the first', 'seeds', 'best epoch', 'command'];
      return `### ${groupOf(standard[0]!).replaceAll(' ', ', ')}\n\n${tableOf(columns, rows)}`;
    })
    .join('\n\n');

/** Settings that differ in what a rule of the recipe is about, in runs of experiments that are older than the recipe. */
const compared: readonly (readonly [what: string, of: string, with_: string])[] = [
  [
    'cross-entropy over all items, against 512 sampled negatives each',
    'amazon-beauty-5core-full-cross-entropy',
    'amazon-beauty-5core-full-sampled-softmax-dropout',
  ],
  [
    'dropout 0.75, against 0.7',
    'amazon-beauty-5core-full-sampled-softmax-dropout',
    'amazon-beauty-5core-full-sampled-softmax-128-units',
  ],
  [
    '128 units with dropout 0.7, against 64 units with 0.6',
    'amazon-beauty-5core-full-sampled-softmax-128-units',
    'amazon-beauty-5core-full-sampled-softmax',
  ],
  ['1 block, against 2', 'amazon-games-sampled-gbce-96-units-1-block', 'amazon-games-sampled-gbce-96-units-240-epochs'],
  ['3 blocks, against 2', 'amazon-games-sampled-gbce-96-units-3-blocks', 'amazon-games-sampled-gbce-96-units'],
  ['90 epochs, against 60', 'ml-1m-full-shared-cross-entropy-90-epochs', 'ml-1m-full-shared-cross-entropy-60-epochs'],
];

/** Returns the table of what the rules of the recipe rest on: settings that differ in one thing, on validation. */
export const recipeTable = (runs: readonly ReproducedRun[]): string => {
  const validated = runs.filter(({ trainedBy }) => trainedBy === undefined);
  const named = (name: string) => validated.filter((run) => run.name === name);
  const recipes = new Set(validated.filter(({ isRecipe }) => isRecipe).map(({ name }) => name));
  const pairs = [
    ...[...changesIn(validated, ({ extends: base, table }) => recipes.has(base!) && table !== 'time').values()].flatMap(
      ({ standard, changed }) =>
        changed.map((own) => ({ what: `${own[0]!.about}, against the recipe`, own, other: standard })),
    ),
    ...compared.map(([what, own, other]) => ({ what, own: named(own), other: named(other) })),
  ].filter(({ own, other }) => own.length > 0 && other.length > 0);
  return tableOf(
    ['data', 'what is compared', 'validation HR@10 / NDCG@10', 'against', 'difference in NDCG@10', 'seeds'],
    pairs.map(({ what, own, other }) => [
      own[0]!.data.replace(/\.txt$|\/.*/, ''),
      what,
      both(validationOf(own)),
      both(validationOf(other)),
      difference(meanOf(own, 'validation', 'ndcg10'), meanOf(other, 'validation', 'ndcg10')),
      `${own.length}, ${other.length}`,
    ]),
  );
};
