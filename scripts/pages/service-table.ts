import { count, tableOf, whole } from '../figures.ts';

interface Loaded {
  readonly connections: number;
  readonly askedPerSecond?: number;
  readonly answered: number;
  readonly answeredPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
  readonly refusedP50Ms?: number;
  readonly otherStatuses: number;
  readonly errors: number;
  readonly notSent: number;
  readonly residentMiB: number;
  readonly loopDelayP99Ms?: number;
}

interface Measured {
  readonly backend: string;
  readonly residentMiBAtStart: number;
  readonly capacity: Loaded;
  readonly half: Loaded;
  readonly full: Loaded;
  readonly threeTimes: Loaded;
  readonly many?: Loaded;
}

/** What `pnpm record:service` wrote. */
interface ServiceRecord {
  readonly command: string;
  readonly machine: { readonly cpu: string; readonly node: string };
  readonly seconds: number;
  readonly peer?: Readonly<Record<string, string>>;
  readonly catalogs: Readonly<
    Record<string, { readonly items: number; readonly services: Readonly<Record<string, Measured>> }>
  >;
}

const ms = (value: number) => (value < 100 ? value.toFixed(1) : whole(value));

const loads = [
  ['capacity', 'connections, as fast as they are answered'],
  ['half', 'half of it, evenly'],
  ['full', 'all of it, evenly'],
  ['threeTimes', 'three times as much'],
] as const;

/** Returns the table of services under load. */
export const serviceTable = ({ command, machine, seconds, peer, catalogs }: ServiceRecord): string => {
  const columns = [
    'service',
    'load',
    'asked',
    'answered',
    'p50 / p99',
    'refused with 503, p50',
    'failed',
    'not sent',
    'event loop, p99',
    'resident',
  ];
  const rows: string[][] = [];
  const remarks: string[] = [];
  for (const { items, services } of Object.values(catalogs))
    for (const [name, measured] of Object.entries(services)) {
      for (const [key, what] of loads) {
        const own = measured[key];
        rows.push([
          key === 'capacity' ? `${name}, ${count(items)} items, ${measured.backend}` : '',
          key === 'capacity' ? `${own.connections} ${what}` : what,
          own.askedPerSecond === undefined ? '' : `${count(own.askedPerSecond)} a second`,
          `${whole(own.answeredPerSecond)} a second`,
          `${ms(own.p50Ms)} / ${ms(own.p99Ms)} ms`,
          own.refused === 0 ? '0' : `${count(own.refused)}, ${ms(own.refusedP50Ms!)} ms`,
          count(own.otherStatuses + own.errors),
          count(own.notSent),
          own.loopDelayP99Ms === undefined ? '' : `${ms(own.loopDelayP99Ms)} ms`,
          `${count(own.residentMiB)} MiB`,
        ]);
      }
      const { many, threeTimes } = measured;
      if (many !== undefined)
        remarks.push(
          `Over ${count(many.answered)} requests more, ${name} with ${count(items)} items went from ${count(threeTimes.residentMiB)} to ${count(many.residentMiB)} MiB.`,
        );
    }
  const versions = Object.entries(peer ?? {}).map(([name, version]) => `${name} ${version}`);
  const beside = versions.length === 0 ? '' : `; ${versions.join(', ')}`;
  remarks.push(
    `Measured with \`${command}\` on ${machine.cpu}, Node ${machine.node}${beside}; the load comes from the same machine, ${seconds} s each. A request is not sent when it is due and each of the 4,096 connections waits for an answer.`,
  );
  return [tableOf(columns, rows), '', ...remarks].join('\n');
};
