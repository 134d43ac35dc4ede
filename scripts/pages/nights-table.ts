import { both, count, tableOf } from '../figures.ts';

/** HR@10 and NDCG@10 of a model on a day. */
interface Measured {
  readonly hr10: number;
  readonly ndcg10: number;
  readonly processorSeconds?: number;
}

const models = ['published', 'fromScratch', 'notUpdated', 'popularity'] as const;

type Night = Readonly<Record<(typeof models)[number], Measured>> & {
  readonly night: number;
  readonly killedWhile: string;
  readonly version: string;
  readonly outcome: 'published' | 'refused';
  readonly pValue: number;
  readonly targets: number;
  readonly answered: number;
  readonly failed: number;
};

/** What `benchmarks/nights.ts` records. */
export interface Nights {
  readonly command: string;
  readonly shop: Readonly<Record<'users' | 'products' | 'daysBefore' | 'newUsers' | 'newProducts', number>>;
  readonly epochs: { readonly trainedOn: number; readonly fromScratch: number };
  readonly nights: readonly Night[];
  readonly rollback: { readonly from: string; readonly to: string };
  readonly requests: { readonly answered: number; readonly failed: number; readonly versions: number };
  readonly machine: { readonly cpu: string; readonly node: string };
}

/** Returns the mean over all targets of all days. */
const meanOf = (nights: readonly Night[], model: (typeof models)[number]): Measured => {
  const total = nights.reduce((sum, { targets }) => sum + targets, 0);
  const mean = (name: 'hr10' | 'ndcg10') =>
    nights.reduce((sum, { targets, [model]: own }) => sum + targets * own[name], 0) / total;
  return { hr10: mean('hr10'), ndcg10: mean('ndcg10') };
};

const secondsOf = (nights: readonly Night[], model: 'published' | 'fromScratch'): string =>
  `${nights.reduce((sum, { [model]: own }) => sum + own.processorSeconds!, 0).toFixed(1)} s`;

/** Returns what happened in the nights, and how good each model was on the day after. */
export const nightsTable = ({ command, shop, epochs, nights, rollback, requests, machine }: Nights): string => {
  const header = [
    'night',
    'killed while',
    'then',
    'published, trained on',
    'trained from scratch',
    'not updated',
    'popularity',
    'processor time, trained on',
    'from scratch',
    'requests answered, failed',
  ];
  const rows = nights.map((own) => [
    String(own.night),
    own.killedWhile,
    `${own.outcome === 'refused' ? `refused, p ${own.pValue.toFixed(3)}; ` : ''}${own.version}`,
    ...models.map((model) => both(own[model])),
    secondsOf([own], 'published'),
    secondsOf([own], 'fromScratch'),
    `${count(own.answered)}, ${own.failed}`,
  ]);
  const total = [
    '**all**',
    '',
    '',
    ...models.map((model) => `**${both(meanOf(nights, model))}**`),
    secondsOf(nights, 'published'),
    secondsOf(nights, 'fromScratch'),
    `${count(requests.answered)}, ${requests.failed}`,
  ];
  const refused = nights.filter(({ outcome }) => outcome === 'refused').map(({ night }) => night);
  return [
    `A simulated shop opens with ${count(shop.users)} users and ${shop.products} products; each day ${shop.newUsers} users and ${shop.newProducts} products come. After ${shop.daysBefore} days the first model is`,
    'published, and a service of the folder is asked by visitors in another process the whole time. Each night `recsys nightly` is killed while it',
    `does something else, and started again. In night ${refused.join(', ')} the learning rate is a hundred times too large. Figures are HR@10 / NDCG@10 on every view of the`,
    `next day, among all products. A night trains on for ${epochs.trainedOn} epochs; from scratch, on the same data, there are ${epochs.fromScratch}. The model that is trained on has`,
    'been trained for more epochs in all, and for less time in each night.',
    '',
    tableOf(header, [...rows, total]),
    '',
    `${requests.versions} versions answered; after the last night a rollback from ${rollback.from} to ${rollback.to} was followed too. Measured with \`${command}\` on`,
    `${machine.cpu}, Node ${machine.node}.`,
  ].join('\n');
};
