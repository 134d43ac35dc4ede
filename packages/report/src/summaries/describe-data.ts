import type { Split, UserSequences } from '@recsys/data';
import type { DataSummary, LengthBin, TimeBin } from '../input/index.js';

/** What `describeData` cannot know from the split. */
export interface DescribeDataOptions {
  /** Where the data comes from, such as the name of a file. */
  source?: string | undefined;
  /** What puts the interactions in order. */
  order?: string | undefined;
}

/** How many bars a histogram has at most. */
const mostBins = 24;
const timeBins = 48;

/**
 * Returns what the data section of a report shows: counts, lengths of histories, interactions of each item, and interactions over time. It is
 * small but for `counts`, and takes one pass over the interactions.
 *
 * @param split of any kind; lengths and times are those of the whole sequences, counts those of the train part.
 * @example
 * createReport({ title: 'Movies', data: describeData(split), runs: [{ name: 'SASRec', epochs: history, test }] });
 */
export const describeData = (split: Split, { source, order }: DescribeDataOptions = {}): DataSummary => {
  const { train, validation, test } = split;
  const { sequences } = test;
  const lengths = lengthsOf(sequences);
  const times = timesOf(sequences);
  return {
    users: lengths.length,
    items: split.catalog.ids.length,
    interactions: sumOf(lengths),
    medianLength: lengths.length === 0 ? 0 : lengths[lengths.length >> 1],
    lengths: binLengths(lengths),
    counts: countsOf(train),
    ...(times && { times }),
    parts: { train: sumOf(lengthsOf(train)), validation: validation.users.length, test: test.users.length },
    ...(source !== undefined && { source }),
    ...(order !== undefined && { order }),
  };
};

const sumOf = (values: Uint32Array): number => values.reduce((sum, value) => sum + value, 0);

/** Returns the lengths of sequences, shortest first, without users who have none. */
const lengthsOf = ({ offsets, ends }: UserSequences): Uint32Array =>
  Uint32Array.from(ends, (end, user) => end - offsets[user])
    .filter((length) => length > 0)
    .sort();

const countsOf = ({ offsets, ends, items, catalog }: UserSequences): Uint32Array => {
  const counts = new Uint32Array(catalog.ids.length + 1);
  ends.forEach((end, user) => {
    for (let i = offsets[user]; i < end; i++) counts[items[i]] += 1;
  });
  return counts;
};

/** Returns bins of equal width on a logarithmic scale, at whole numbers; one for each length where there are few. */
const binLengths = (sorted: Uint32Array): LengthBin[] => {
  if (sorted.length === 0) return [];
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  const edges = [least];
  const factor = (most / least) ** (1 / mostBins);
  while (edges[edges.length - 1] <= most)
    edges.push(Math.max(edges[edges.length - 1] + 1, Math.round(least * factor ** edges.length)));
  const bins = edges.slice(1).map((to, i) => ({ from: edges[i], to: Math.min(to - 1, most), count: 0 }));
  let bin = 0;
  for (const length of sorted) {
    while (length > bins[bin].to) bin += 1;
    bins[bin].count += 1;
  }
  return bins;
};

/** Returns interactions in bins of equal width over time. */
const timesOf = ({ offsets, ends, timestamps, timeUnit = 1 }: UserSequences): TimeBin[] | undefined => {
  if (timestamps === undefined) return undefined;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const forEachTime = (visit: (time: number) => void) =>
    ends.forEach((end, user) => {
      for (let i = offsets[user]; i < end; i++) visit(timestamps[i]);
    });
  forEachTime((time) => {
    if (time < first) first = time;
    if (time > last) last = time;
  });
  if (!(last > first)) return undefined;
  const counts = new Float64Array(timeBins);
  const perBin = (last - first) / timeBins;
  forEachTime((time) => {
    counts[Math.min(timeBins - 1, Math.floor((time - first) / perBin))] += 1;
  });
  return Array.from(counts, (count, i) => ({
    from: (first + i * perBin) * timeUnit,
    to: (first + (i + 1) * perBin) * timeUnit,
    count,
  }));
};
