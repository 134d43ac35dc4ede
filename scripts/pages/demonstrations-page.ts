import { existsSync, readFileSync } from 'node:fs';
import { count } from '../figures.ts';

/** HR@10 and NDCG@10. */
interface Measured {
  readonly hr10: number;
  readonly ndcg10: number;
}

interface Machine {
  readonly cpu: string;
  readonly node: string;
}

const shown = ({ hr10, ndcg10 }: Measured): string =>
  [hr10, ndcg10].map((value) => value.toFixed(4).replace('0.', '.')).join(' / ');

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const measuredWith = (command: string, { cpu, node }: Machine): string =>
  `Measured with \`${command}\` on ${cpu}, Node ${node}. Figures are HR@10 / NDCG@10 among all items.`;

interface NewItems {
  readonly command: string;
  readonly machine: Machine;
  readonly datasets: readonly {
    readonly name: string;
    readonly items: number;
    readonly held: number;
    readonly targets: number;
    readonly results: readonly {
      readonly name: string;
      readonly newItems: Measured;
      readonly others: Measured;
      readonly bestEpoch?: number;
      readonly processorSeconds?: number;
    }[];
  }[];
}

const newItemsSection = ({ command, machine, datasets }: NewItems): string[] => [
  '## New items',
  `A tenth of the items is held out of training: they are in the catalog with their features alone. In \`ml-1m\` these are genres and the decade of
the title; in \`simulated\`, the items that an item is most likely to come after. MovieLens latest-small comes here without titles and genres, so
it has no features to train with. A target of the first column is a new item, one of the second is not. ${measuredWith(command, machine)}`,
  ...datasets.map(({ name, items, held, targets, results }) =>
    table(
      [
        `${name}: ${items} items, ${held} of them new`,
        `new items, ${targets} targets`,
        'other items',
        'best epoch',
        'processor time',
      ],
      results.map((own) => [
        own.name,
        shown(own.newItems),
        shown(own.others),
        `${own.bestEpoch ?? ''}`,
        own.processorSeconds === undefined ? '' : `${own.processorSeconds} s`,
      ]),
    ),
  ),
];

interface NextDays {
  readonly command: string;
  readonly machine: Machine;
  readonly data: string;
  readonly days: number;
  readonly first: { readonly interactions: number; readonly processorSeconds: number };
  readonly periods: readonly {
    readonly interactions: number;
    readonly usersWithNew: number;
    readonly targets: number;
    readonly unknown: number;
    readonly results: readonly (Measured & { readonly name: string; readonly processorSeconds?: number })[];
  }[];
}

const nextDaysSection = ({ command, machine, data, days, first, periods }: NextDays): string[] => {
  const names = periods[0].results.map(({ name }) => name);
  const total = periods.reduce((sum, { targets }) => sum + targets, 0);
  const rowOf = (name: string) => {
    const own = periods.map(({ results }) => results.find((result) => result.name === name)!);
    const mean = (of: (result: Measured) => number) =>
      own.reduce((sum, result, i) => sum + of(result) * periods[i].targets, 0) / total;
    const seconds = own.map(({ processorSeconds }) => processorSeconds).filter((value) => value !== undefined);
    const average = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
    return [
      name,
      ...own.map(shown),
      `**${shown({ hr10: mean(({ hr10 }) => hr10), ndcg10: mean(({ ndcg10 }) => ndcg10) })}**`,
      seconds.length === 0 ? '' : `${average.toFixed(1)} s`,
    ];
  };
  return [
    '## The next days',
    `A SASRec is trained on ${count(first.interactions)} interactions of ${data}. Every ${days} days there are three ways to go on: keep the
model, train a new one on all data, or continue from its weights (\`fit\` with \`from\`). The name of a warm start has its epochs, its learning
rate, and the number of other users that it trains on for each user with new interactions. Each model is tested on the interactions of the next
${days} days whose items are known by then. ${measuredWith(command, machine)}`,
    table(['', ...periods.map((_, i) => `period ${i + 1}`), 'all targets', 'processor time, mean'], names.map(rowOf)),
  ];
};

interface Hstu {
  readonly command: string;
  readonly machine: Machine;
  readonly comparisons: readonly {
    readonly name: string;
    readonly data: string;
    readonly protocol: string;
    readonly targets: number;
    readonly results: readonly {
      readonly name: string;
      readonly test: Measured;
      readonly validation?: Measured;
      readonly bestEpoch?: number;
      readonly processorSeconds?: number;
    }[];
  }[];
}

const hstuSection = ({ command, machine, comparisons }: Hstu): string[] => [
  '## HSTU and SASRec',
  `The same width, blocks, dropout, loss and epochs for all; validation chooses the epoch. HSTU with times is told when the target was met, which
SASRec is not. ${measuredWith(command, machine)}`,
  ...comparisons.map(({ data, protocol, targets, results }) =>
    table(
      [`${data}, ${protocol}, ${targets} targets`, 'test', 'validation', 'best epoch', 'processor time'],
      results.map((own) => [
        own.name,
        shown(own.test),
        own.validation === undefined ? '' : shown(own.validation),
        `${own.bestEpoch ?? ''}`,
        own.processorSeconds === undefined ? '' : `${own.processorSeconds} s`,
      ]),
    ),
  ),
];

/** Returns the sections of a recorded measurement; none if it has not been recorded. */
const recorded = <T>(file: string, sections: (record: T) => string[]): string[] => {
  const path = new URL(`../../benchmarks/results/${file}`, import.meta.url);
  return existsSync(path) ? sections(JSON.parse(readFileSync(path, 'utf8'))) : [];
};

/** Returns docs/demonstrations.md, from the results of `benchmarks/new-items.ts`, `next-days.ts` and `hstu.ts`. */
export const demonstrationsPage = (): string =>
  `${[
    '# Demonstrations',
    '<!-- Generated by `pnpm docs:results` from benchmarks/results/: do not edit. -->',
    'Small settings that take minutes. A section is here once it is recorded: by `pnpm record:new-items`, `record:next-days`, `record:hstu`.',
    ...recorded('new-items.json', newItemsSection),
    ...recorded('next-days.json', nextDaysSection),
    ...recorded('hstu.json', hstuSection),
  ].join('\n\n')}\n`;
