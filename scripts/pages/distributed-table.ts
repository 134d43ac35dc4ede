import { tableOf, whole } from '../figures.ts';

interface Measured {
  readonly ranks: number;
  readonly stepMs: number;
  readonly processorMs: number;
  readonly bytesPerRank: number;
}

interface Shape {
  readonly maxLength: number;
  readonly batchSize: number;
  /** By number of ranks that one process stands for. */
  readonly withoutNetwork: readonly Measured[];
  readonly onThisMachine: readonly Measured[];
}

/** What `pnpm record:distributed` wrote. */
interface DistributedRecord {
  readonly machine: { readonly cpu: string; readonly node: string };
  readonly command: string;
  readonly load: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly results: Readonly<Record<string, Shape>>;
}

const networks = [1, 10, 100];
const plannedRanks = [2, 4, 8, 16];
const milliseconds = (value: number) => `${value.toFixed(1)} ms`;

/** Returns what steps took, and how many bytes they sent. */
export const distributedTable = ({ machine, command, load, results }: DistributedRecord): string => {
  const shapes = Object.values(results);
  const row = (what: string, of: (shape: Shape) => string) => [what, ...shapes.map(of)];
  const onMachine = (ranks: number, name: 'stepMs' | 'processorMs') => (shape: Shape) =>
    milliseconds(shape.onThisMachine.find((own) => own.ranks === ranks)![name]);
  const loads = [load.before[0], load.after[0]].map((value) => value.toFixed(1));
  return [
    tableOf(
      ['', ...Object.entries(results).map(([name, { maxLength }]) => `${name}, maxLength ${maxLength}`)],
      [
        row(
          'bytes that a rank sends to each other rank, per step',
          (shape) => `${whole(measuredAt(shape, 2).bytesPerRank / 1000)} kB`,
        ),
        ...shapes[0].withoutNetwork.map(({ ranks }) =>
          row(
            ranks === 1 ? 'step of one rank, processor time' : `the same with the gradients of ${ranks} ranks`,
            (shape) => milliseconds(measuredAt(shape, ranks).processorMs),
          ),
        ),
        row('step of one process that `mpirun` started, processor time', onMachine(1, 'processorMs')),
        row('step of two on this machine, processor time of one', onMachine(2, 'processorMs')),
        row('the same, elapsed, with all else that ran', onMachine(2, 'stepMs')),
      ],
    ),
    '',
    `Ranks of one thread, batches of ${shapes[0].batchSize} users a rank, 50 units, 2 blocks, BCE with one negative; medians. Measured with \`${command}\` on ${machine.cpu}, Node ${machine.node}, while other work ran too (load average ${loads.join(' to ')}): hence processor time.`,
  ].join('\n');
};

const measuredAt = ({ withoutNetwork }: Shape, ranks: number): Measured =>
  withoutNetwork.find((own) => own.ranks === ranks)!;

/** What `pnpm record:speed` wrote of a step of one process on a quiet machine. */
interface Speed {
  readonly results: Readonly<Record<string, { readonly stepMs: { readonly median: number } }>>;
}

/** A step of one rank, and for each other rank the time in which its gradients arrive at the full speed of the network. */
interface Plan {
  readonly stepMs: number;
  readonly arrivalMs: number;
}

/** Returns how many users all ranks take in the time in which one rank alone takes one. */
const speedUp = ({ stepMs, arrivalMs }: Plan, ranks: number): number =>
  (ranks * stepMs) / (stepMs + (ranks - 1) * arrivalMs);

/** Returns the last number of ranks up to which each more adds at least half of what one rank does alone. */
const lastThatPays = (plan: Plan): number => {
  let ranks = 1;
  while (speedUp(plan, ranks + 1) - speedUp(plan, ranks) >= 0.5) ranks++;
  return ranks;
};

/** Returns where more ranks stop paying, worked out from the time of a step and the bytes of its gradients. */
export const speedUpTable = ({ results }: DistributedRecord, speed: Speed): string =>
  tableOf(
    [
      'data',
      'step of one rank',
      'network',
      ...plannedRanks.map((ranks) => `${ranks} ranks`),
      'pays up to',
      'never more than',
    ],
    Object.entries(results).flatMap(([name, shape]) =>
      networks.map((gigabits) => {
        const stepMs = speed.results[name].stepMs.median;
        const plan = { stepMs, arrivalMs: (8e3 * measuredAt(shape, 2).bytesPerRank) / (gigabits * 1e9) };
        const pays = lastThatPays(plan);
        return [
          name,
          milliseconds(stepMs),
          `${gigabits} Gbit/s`,
          ...plannedRanks.map((ranks) => `${speedUp(plan, ranks).toFixed(1)} times`),
          pays === 1 ? 'one rank' : `${pays} ranks`,
          `${whole(stepMs / plan.arrivalMs)} times`,
        ];
      }),
    ),
  );
