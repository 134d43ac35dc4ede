/**
 * Writes the tables of recorded results into README.md (`pnpm docs:results`), or checks that they are there as recorded
 * (`pnpm check:docs`, exits 1 when they are not).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

interface Training {
  command: string;
  machine: { cpu: string; node: string; commit: string };
  backend: string;
  data: { path: string };
  secondsPerEpoch: { median: number };
  test?: { protocol: string; users: number; epoch: number; metrics: Record<string, Estimate> };
  baselines: { name: string; metrics: Record<string, Estimate> }[];
}
interface Estimate {
  value: number;
  low: number;
  high: number;
}

const folder = new URL('../benchmarks/results/', import.meta.url);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const interval = ({ value, low, high }: Estimate) => `${value.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

const trainingTable = (): string => {
  const lines = [
    '| data, protocol | model | HR@10 | NDCG@10 | seconds an epoch | command |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  for (const file of readdirSync(folder).sort()) {
    const { command, data, backend, secondsPerEpoch, test, baselines } = read(file) as Training;
    if (test === undefined) continue;
    const what = `${data.path}, ${test.protocol}, ${test.users.toLocaleString('en-US')} users`;
    const row = (model: string, metrics: Record<string, Estimate>, rest: string) =>
      lines.push(
        `| ${what} | ${model} | ${interval(metrics['hr@10']!)} | ${interval(metrics['ndcg@10']!)} | ${rest} |`,
      );
    row(
      `SASRec, best epoch ${test.epoch}`,
      test.metrics,
      `${secondsPerEpoch.median.toFixed(1)} (${backend}) | \`${command}\``,
    );
    for (const { name, metrics } of baselines) row(name, metrics, ' | ');
  }
  return lines.join('\n');
};

const limitsTable = (): string => {
  const { machine, reading, fullRanking, memory, command } = read('limits.json');
  return [
    `| measured with \`${command}\` on ${machine.cpu}, Node ${machine.node} | |`,
    '| --- | --- |',
    `| read ml-1m.txt (${reading.interactions.toLocaleString('en-US')} lines) into sequences | ${reading.seconds.toFixed(2)} s, ${reading.peakMegabytes} MB at the peak |`,
    `| rank the targets of ${fullRanking.users.toLocaleString('en-US')} ml-1m users among all items, maxLength ${fullRanking.maxLength}, ${fullRanking.backend} | ${fullRanking.seconds.toFixed(1)} s, ${fullRanking.peakMegabytes} MB at the peak |`,
    `| ${memory.steps} training steps and an evaluation | ${memory.tensorsBefore} tensors before, ${memory.tensorsAfter} after; resident ${memory.residentMegabytes[0]} MB at step 50, ${memory.residentMegabytes.at(-2)} MB at step 300, ${memory.residentMegabytes.at(-1)} MB after the evaluation |`,
  ].join('\n');
};

const tables: Record<string, () => string> = { training: trainingTable, limits: limitsTable };
const path = new URL('../README.md', import.meta.url);
const before = readFileSync(path, 'utf8');
let after = before;
for (const [name, table] of Object.entries(tables)) {
  const marks = new RegExp(`(<!-- results: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
  if (!marks.test(after)) throw new Error(`README.md has no place for the ${name} table`);
  after = after.replace(marks, (_, start, end) => `${start}${table()}\n${end}`);
}
if (process.argv.includes('--write')) writeFileSync(path, after);
else if (after !== before) {
  console.error('README.md differs from the recorded results; run pnpm docs:results');
  process.exit(1);
}
