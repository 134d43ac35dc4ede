import { tableOf, whole } from '../figures.ts';
import type { PrepareRecord } from './prepare-table.ts';

/** The records that a plan is worked out from. */
export interface ScaleRecords {
  readonly prepare: PrepareRecord;
  readonly speed: { readonly results: Readonly<Record<string, { readonly tokensPerSecond?: number }>> };
  readonly volume: { readonly recommending: { readonly items: number; readonly historiesPerSecond: number } };
  readonly service: {
    readonly catalogs: Readonly<
      Record<
        string,
        {
          readonly items: number;
          readonly services: Readonly<Record<string, { readonly capacity: { readonly answeredPerSecond: number } }>>;
        }
      >
    >;
  };
}

/** What is planned for: interactions and items; users are as many per interaction as in the record of preparing. */
const sizes = [
  { interactions: 1e7, items: 1e5 },
  { interactions: 1e8, items: 2e5 },
  { interactions: 1e9, items: 1e6 },
] as const;

/** Bytes of an interaction in memory: an index and a time. */
const bytesInMemory = 12;
/** Width of the model that is planned for, and the tables of its width: weights and the two moments of Adam, float32. */
const units = 64;
const bytesOfRow = 3 * 4 * units;
const epochs = 20;
const machines = 20;
/** Processor cores that all records were made on. */
const cores = 2;

const gibibytes = (bytes: number) => {
  const value = bytes / 2 ** 30;
  return value < 1 ? `${whole(bytes / 2 ** 20)} MiB` : `${value < 10 ? value.toFixed(1) : whole(value)} GiB`;
};
const duration = (seconds: number) => {
  if (seconds < 90) return `${whole(seconds)} s`;
  if (seconds < 5400) return `${whole(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${whole(seconds / 86400)} days`;
};

/** Returns what each step of 10 million to a billion interactions takes, in proportion to what was measured. */
export const scaleTable = ({ prepare, speed, volume, service }: ScaleRecords): string => {
  const { source, preparing } = prepare;
  const tokensPerSecond = speed.results['catalog of 1000000, native'].tokensPerSecond!;
  // Seconds of a history: those that no catalog takes, and those of each item.
  const [few, many] = [volume.recommending, service.catalogs['1000000']];
  const secondsWithFew = 1 / few.historiesPerSecond;
  const secondsWithMany = 1 / many.services['recsys serve'].capacity.answeredPerSecond;
  const perItem = (secondsWithMany - secondsWithFew) / (many.items - few.items);
  const plans = sizes.map(({ interactions, items }) => {
    const share = interactions / source.rows;
    const users = source.users * share;
    const perHistory = secondsWithFew + perItem * (items - few.items);
    return {
      heading: `${whole(interactions)} interactions, ${whole(users)} users, ${whole(items)} items`,
      prepare: `${duration((preparing.cpuSeconds / cores) * share)}${share === 1 ? ' (measured, in processor time)' : ''}`,
      memory: preparing.memory,
      disk: gibibytes(preparing.peakDiskMegabytes * 2 ** 20 * share),
      inMemory: gibibytes(bytesInMemory * interactions),
      tables: gibibytes(bytesOfRow * items),
      epoch: duration((interactions - users) / tokensPerSecond),
      training: duration((epochs * (interactions - users)) / tokensPerSecond),
      recommend: duration(users * perHistory),
      divided: duration((users * perHistory) / machines),
    };
  });
  const row = (what: string, key: keyof (typeof plans)[number], engine: string) => [
    what,
    ...plans.map((plan) => plan[key]),
    engine,
  ];
  const rows = [
    row('prepare, 2 cores', 'prepare', '`recsys data prepare` (DuckDB)'),
    row('its memory', 'memory', 'the limit that you give'),
    row('its disk, with scratch files', 'disk', ''),
    row('sequences, all in memory', 'inMemory', 'or from shards, in a part of it'),
    row(`tables of ${units} units and their moments`, 'tables', 'memory of the process that trains'),
    row('an epoch, 2 cores', 'epoch', '`recsys train`, one process'),
    row(`${epochs} epochs`, 'training', ''),
    row('recommend for all users, 1 core', 'recommend', '`recsys recommend --shard`'),
    row(`the same on ${machines} of them`, 'divided', 'Kubernetes, Slurm, BullMQ, GNU parallel'),
  ];
  return tableOf(['', ...plans.map(({ heading }) => heading), 'by'], rows);
};
