/** How many values are in a range, both ends included. */
interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Returns how many values are 1, 2, 3 to 4, 5 to 8, and so on, up to the largest: ranges that double, as counts are spread. */
export const doublingBins = (values: ArrayLike<number>): Bin[] => {
  const counts: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const bin = Math.ceil(Math.log2(Math.max(1, values[i])));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return Array.from(counts, (count = 0, bin) => ({ from: bin === 0 ? 1 : 2 ** (bin - 1) + 1, to: 2 ** bin, count }));
};

const labelOf = ({ from, to }: Bin): string => (from === to ? String(from) : `${from}-${to}`);

/** Returns bins as lines of a bar chart for a terminal. */
export const bars = (bins: readonly Bin[], width = 40): string[] => {
  const most = Math.max(...bins.map(({ count }) => count));
  const labelWidth = Math.max(...bins.map((bin) => labelOf(bin).length));
  return bins.map((bin) => {
    const eighths = Math.round((8 * width * bin.count) / most);
    const bar = '█'.repeat(eighths >> 3) + (eighths & 7 ? String.fromCodePoint(0x2590 - (eighths & 7)) : '');
    return `  ${labelOf(bin).padStart(labelWidth)}  ${bar.padEnd(width)}  ${bin.count.toLocaleString('en-US')}`;
  });
};
