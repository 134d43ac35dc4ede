import { ablationTables } from './change-tables.ts';
import { both, difference, figure, groupBy, mean, meanWithSpread, minutes, tableOf, withInterval } from './figures.ts';
import { type Curves, mostCurves } from './learning-curves.ts';
import {
  type Figures,
  groupOf,
  type Published,
  type ReproducedRun,
  readPublished,
  secondsToBest,
} from './reproduced-runs.ts';

const bestOf = (published: readonly Published[], metric: keyof Figures): number =>
  Math.max(...published.map((figures) => figures[metric]));
const curveFile = (group: string): string => `docs/curves/${group.replace('.txt', '').replaceAll(' ', '-')}.svg`;
const titleOf = (group: string): string => group.replaceAll(' ', ', ');

const inTable = (runs: readonly ReproducedRun[], table: ReproducedRun['table']) =>
  runs.filter((run) => run.table === table);
const inGroup = (runs: readonly ReproducedRun[], group: string) =>
  inTable(runs, 'published').filter((run) => groupOf(run) === group);

/** Returns all datasets and protocols with published figures or runs, and the figures. */
const groupsOf = (runs: readonly ReproducedRun[]): [string, ReturnType<typeof readPublished>[string]][] => {
  const published = readPublished();
  const groups = new Set([...Object.keys(published), ...inTable(runs, 'published').map(groupOf)]);
  return [...groups].map((group) => [group, published[group] ?? { figures: [] }]);
};

/** Returns the runs of each experiment. */
const byExperiment = (runs: readonly ReproducedRun[]): ReproducedRun[][] => [
  ...groupBy(runs, ({ name }) => name).values(),
];

/** Returns the sum of both metrics on validation, by which settings are chosen, as the mean over the seeds of an experiment. */
const onValidation = (runs: readonly ReproducedRun[]): number =>
  mean(runs.map(({ validation: { hr10, ndcg10 } }) => hr10 + ndcg10));

/** Returns the mean of both metrics on test over the seeds of an experiment, with their spread. */
const overSeeds = (runs: readonly ReproducedRun[]): string => {
  const [hr, ndcg] = (['hr10', 'ndcg10'] as const).map((metric) => runs.map(({ test }) => test[metric]));
  return `${meanWithSpread(hr!)} / ${meanWithSpread(ndcg!)} (${runs.length})`;
};

/**
 * Returns the table of published figures, the recipe and our best settings: for each dataset and protocol, the experiment
 * with the largest sum of HR@10 and NDCG@10 on validation.
 */
export const summaryTable = (runs: readonly ReproducedRun[]): string => {
  const rows = groupsOf(runs).flatMap(([group, { figures: published }]) => {
    const experiments = byExperiment(inGroup(runs, group));
    if (experiments.length === 0) return [];
    const [best] = experiments.toSorted((a, b) => onValidation(b) - onValidation(a));
    const recipe = experiments.find(([run]) => run!.isRecipe);
    const against = (metric: keyof Figures) =>
      difference(mean(best!.map(({ test }) => test[metric])), bestOf(published, metric));
    const time = (own: readonly ReproducedRun[]) => minutes(mean(own.map(secondsToBest)));
    return [
      [
        titleOf(group),
        published.length === 0 ? '' : both({ hr10: bestOf(published, 'hr10'), ndcg10: bestOf(published, 'ndcg10') }),
        recipe === undefined ? '' : `${overSeeds(recipe)}, ${time(recipe)}`,
        `**${overSeeds(best!)}**, ${time(best!)}`,
        published.length === 0 ? '' : `${against('hr10')} / ${against('ndcg10')}`,
        `\`${best![0]!.command}\``,
      ],
    ];
  });
  return tableOf(
    [
      'data, protocol',
      'best published HR@10 / NDCG@10',
      'the recipe',
      'best settings',
      'best settings against published',
      'their command',
    ],
    rows,
  );
};

/** Returns the table of a dataset and protocol: published figures, baselines and all runs, sorted by NDCG@10. */
const groupTable = (published: readonly Published[], runs: readonly ReproducedRun[]): string => {
  const { popularity, markovChain } = runs[0].baselines;
  const rows = [
    ...published.map(({ who, hr10, ndcg10 }) => ({
      ndcg10,
      cells: [who, figure(hr10), figure(ndcg10), '', '', '', ''],
    })),
    ...[['popularity', popularity] as const, ['Markov chain', markovChain] as const].map(([who, { hr10, ndcg10 }]) => ({
      ndcg10,
      cells: [`${who}, ours`, figure(hr10), figure(ndcg10), '', '', '', ''],
    })),
    ...runs.map((run) => ({
      ndcg10: run.test.ndcg10,
      cells: [
        `**ours**, ${run.about}, seed ${run.seed}`,
        withInterval(run.test.hr10, run.test.confidence95.hr10),
        withInterval(run.test.ndcg10, run.test.confidence95.ndcg10),
        `${figure(run.validation.hr10)} / ${figure(run.validation.ndcg10)}`,
        String(run.best.epoch),
        minutes(secondsToBest(run)),
        `\`${run.command}\``,
      ],
    })),
  ];
  return tableOf(
    ['', 'test HR@10', 'test NDCG@10', 'validation', 'best epoch', 'time to best', 'command'],
    rows.sort((a, b) => b.ndcg10 - a.ndcg10).map(({ cells }) => cells),
  );
};

/** Returns the table of the `sasrec-pytorch` preset: validation and test, with composed and with fused attention. */
const pytorchTable = (runs: readonly ReproducedRun[]): string => {
  const inOwnTable = inTable(runs, 'pytorch-preset');
  if (inOwnTable.length === 0) return '';
  const lines = [
    '| data | who | validation HR@10 / NDCG@10 | test HR@10 / NDCG@10 | loss of epoch 1 | best epoch | time to best | command |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const [group, { figures: published }] of Object.entries(readPublished())) {
    const own = inOwnTable.filter((run) => groupOf(run) === group);
    if (own.length === 0) continue;
    const [data] = group.split(' ');
    for (const { who, validation, ...test } of published)
      lines.push(`| ${data} | ${who} | ${both(validation!)} | ${both(test)} | | | | |`);
    for (const run of own) {
      const cells = [
        data,
        `ours, ${run.about}, seed ${run.seed}`,
        both(run.validation),
        both(run.test),
        run.epochs[0].loss.toFixed(4),
        run.best.epoch,
        minutes(secondsToBest(run)),
        `\`${run.command}\``,
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  lines.push(
    '',
    'The two kinds of attention agree up to rounding in float32 (a test compares them). Over thousands of steps, rounding leads to different weights; both',
    'results lie within the confidence interval of each other. The PyTorch re-implementation draws training negatives from the table of the candidates.',
  );
  return lines.join('\n');
};

/** Values of validation NDCG@10, to measure how long runs of the paper's preset take to reach them. */
const milestones = [
  {
    experiment: 'ml-1m-sampled-bce',
    ndcg10: 0.602,
    what: 'the result of the PyTorch port after 60 epochs (test .573), which takes half an hour on one core, at 30 s per epoch',
  },
  {
    experiment: 'amazon-games-sampled-bce',
    ndcg10: 0.5308,
    what: 'the test figure of the PyTorch port with the settings of the paper; its figure after 60 epochs is not published for this data',
  },
];

/** Returns the time that runs of the paper's preset take to reach their milestone. */
const timeToMilestones = (runs: readonly ReproducedRun[]): string =>
  milestones
    .flatMap(({ experiment, ndcg10, what }) =>
      runs
        .filter(({ name }) => name === experiment)
        .map(({ command, epochs, test }) => {
          const reached = epochs.find((epoch) => (epoch.ndcg10 ?? 0) >= ndcg10);
          const when =
            reached === undefined
              ? `did not reach a validation NDCG@10 of ${figure(ndcg10)} in ${epochs.length} epochs`
              : `reaches a validation NDCG@10 of ${figure(ndcg10)} in epoch ${reached.epoch}, after ${minutes(reached.seconds)} with validation`;
          return `- \`${command}\` ${when}: ${what}. Its test NDCG@10 is ${figure(test.ndcg10)}.`;
        }),
    )
    .join('\n');

const timeCurveFile = ([run]: readonly ReproducedRun[]): string => curveFile(`${groupOf(run!)} time`);

/** Returns the first run of the recipe, and of the experiments that are best on validation, the best one first. */
const runsToDraw = (runs: readonly ReproducedRun[]): ReproducedRun[] => {
  const experiments = byExperiment(runs).toSorted((a, b) => onValidation(b) - onValidation(a));
  const isRecipe = ([run]: readonly ReproducedRun[]) => run!.isRecipe;
  const others = experiments.filter((own) => !isRecipe(own)).slice(0, mostCurves - 1);
  return experiments.filter((own) => isRecipe(own) || others.includes(own)).map(([run]) => run!);
};

/** Returns the pictures of learning curves by file: of each dataset and protocol, and of models against time. */
export const curvesOf = (runs: readonly ReproducedRun[]): Map<string, Curves> => {
  const published = inTable(runs, 'published').filter((run) => run.trainedBy === undefined);
  return new Map([
    ...[...groupBy(published, groupOf)].map(([group, own]): [string, Curves] => [
      curveFile(group),
      { title: titleOf(group), runs: runsToDraw(own), over: 'epochs' },
    ]),
    ...[...groupBy(inTable(runs, 'time'), groupOf)].map(([group, own]): [string, Curves] => [
      timeCurveFile(own),
      { title: titleOf(group), runs: own, over: 'seconds' },
    ]),
  ]);
};

/** Returns the tables of models against time, each with its curves. */
const timeTables = (runs: readonly ReproducedRun[]): string =>
  [...groupBy(inTable(runs, 'time'), groupOf)]
    .map(([group, own]) => {
      const rows = own.map((run) => [
        run.about,
        withInterval(run.test.hr10, run.test.confidence95.hr10),
        withInterval(run.test.ndcg10, run.test.confidence95.ndcg10),
        both(run.validation),
        minutes(run.epochs.at(-1)!.seconds),
        `\`${run.command}\``,
      ]);
      const columns = ['', 'test HR@10', 'test NDCG@10', 'validation', 'time', 'command'];
      return `### ${titleOf(group)}\n\n${tableOf(columns, rows)}\n\n![learning curves](${timeCurveFile(own)})`;
    })
    .join('\n\n');

/** Returns RESULTS.md. */
export const resultsPage = (runs: readonly ReproducedRun[]): string => {
  const distinct = (what: 'cpu' | 'node') => [...new Set(runs.map(({ machine }) => machine[what]))].join(' and ');
  const curves = curvesOf(runs);
  const sections = groupsOf(runs).flatMap(([group, { figures, remark }]) => {
    const own = inGroup(runs, group);
    if (own.length === 0) return [];
    const curve = curves.has(curveFile(group)) ? [`![learning curves](${curveFile(group)})`] : [];
    return [`## ${titleOf(group)}`, groupTable(figures, own), ...(remark === undefined ? [] : [remark]), ...curve];
  });
  const section = (heading: string, body: string): string[] => (body === '' ? [] : [`## ${heading}`, body]);
  return `${[
    '# Results',
    '<!-- Generated by `pnpm docs:results` from benchmarks/results/reproduce/ and benchmarks/published.json: do not edit. -->',
    `Published figures beside ours, each under its protocol. The target is the last item of each user; with \`time-split\`, that after one time for all users.

- \`sampled\`: ranked against 100 items, drawn uniformly with replacement from those outside the user's training part.
- \`sampled-per-item\`: ranked against 100 items that are fixed once per target item; items of the history may be among them.
- \`full\`: ranked against all items outside the history.

All users with at least three interactions are tested. Settings and the epoch are chosen on validation, and test is computed once, from that epoch. Brackets
are 95 % bootstrap confidence intervals over users. Times are training times with validation, on ${distinct('cpu')}, Node ${distinct('node')}.
They are upper bounds: other work ran beside, and runs of the recipe had one thread of two. Pictures show one seed of the recipe and of the best other
settings by validation, ${mostCurves} at most. Every command takes \`--seed N\` and \`--data FILE\`, and resumes if it was stopped.`,
    '## Best published, and ours',
    summaryTable(runs),
    `Test HR@10 / NDCG@10 as the mean over seeds ± their standard deviation, with the number of seeds in brackets, and the mean time to the best epoch.
The recipe is what \`recsys train\` does without flags ([docs/recipe.md](docs/recipe.md)); its commands are \`pnpm reproduce DATA-recommended\`, validated by all items.
The best settings are those of the experiment with the largest sum of the two metrics on validation. A minus means that they are below the published figure.`,
    ...sections,
    ...section("The paper's settings", timeToMilestones(runs)),
    ...section("The PyTorch re-implementation's table", pytorchTable(runs)),
    ...section('Beside GRU4Rec, against time', timeTables(runs)),
    ...section('Ablations', ablationTables(runs)),
  ].join('\n\n')}\n`;
};
