import { tableOf, whole } from '../figures.ts';

interface Compared {
  readonly rows: number;
  readonly sequences: number;
}

/** What `pnpm record:prepare` wrote. */
export interface PrepareRecord {
  readonly machine: { readonly cpu: string; readonly node: string };
  readonly load: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly source: {
    readonly rows: number;
    readonly users: number;
    readonly items: number;
    readonly megabytes: number;
  };
  readonly preparing: {
    readonly memory: string;
    readonly minInteractions: number;
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly shards: number;
    readonly largestShard: number;
    readonly peakMegabytes: number;
    readonly peakDiskMegabytes: number;
    readonly outputMegabytes: number;
  };
  readonly compared: {
    readonly alone: Compared & { readonly same: boolean };
    readonly ofWhole: Compared & { readonly different: number };
  };
  readonly training: {
    readonly limitMegabytes: number;
    readonly sequencesMegabytes: number;
    readonly steps: number;
    readonly peakMegabytes: number;
    readonly allInMemoryFits: boolean;
  };
}

/** Returns the table of data that was prepared within a memory limit. */
export const prepareTable = ({ machine, load, source, preparing, compared, training }: PrepareRecord): string => {
  const { alone, ofWhole } = compared;
  const rows = [
    [
      `prepared with \`memory: '${preparing.memory}'\` and a ${preparing.minInteractions}-core`,
      `${whole(preparing.seconds)} s; ${whole(preparing.cpuSeconds)} s of processor time`,
    ],
    ['peak memory of the process, with Node', `${whole(preparing.peakMegabytes)} MiB`],
    [
      'disk',
      `source ${whole(source.megabytes)} MiB; scratch files and output at most ${whole(preparing.peakDiskMegabytes)} MiB; output ${whole(preparing.outputMegabytes)} MiB`,
    ],
    ['shards', `${preparing.shards}, of at most ${whole(preparing.largestShard)} interactions`],
    [
      `${whole(alone.rows)} rows prepared alone, against \`kCore\` and \`toSequences\``,
      alone.same ? `all ${whole(alone.sequences)} sequences the same` : 'not the same',
    ],
    [
      `${whole(ofWhole.rows)} rows of some users in the whole, against the rows of the source`,
      `${ofWhole.different} of ${whole(ofWhole.sequences)} sequences differ`,
    ],
    [
      `${training.steps} steps of training from shards, ${whole(training.sequencesMegabytes)} MiB of sequences, in a process limited to ${whole(training.limitMegabytes)} MiB of data`,
      `peak ${whole(training.peakMegabytes)} MiB`,
    ],
    ['all of it in memory, within the same limit', training.allInMemoryFits ? 'fits' : 'fails'],
  ];
  const heading = `${whole(source.rows)} rows, ${whole(source.users)} users, ${whole(source.items)} items, text ids`;
  const [before] = load.before;
  const [after] = load.after;
  return [
    tableOf([heading, ''], rows),
    '',
    `Measured with \`pnpm record:prepare\` on ${machine.cpu}, Node ${machine.node}, with other work beside it: the load of the machine was ${before.toFixed(1)} before and ${after.toFixed(1)} after.`,
  ].join('\n');
};
