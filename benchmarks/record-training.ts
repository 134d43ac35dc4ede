/**
 * Runs `sasrec train` and records what came out: `pnpm record:training NAME -- <arguments of sasrec train>`.
 * Writes `benchmarks/results/NAME.json`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describeMachine } from './machine.ts';

const [name, ...rest] = process.argv.slice(2);
const given = rest.filter((argument) => argument !== '--');
if (name === undefined || given.length === 0) {
  console.error('usage: pnpm record:training NAME -- <arguments of sasrec train>');
  process.exit(2);
}
const cli = fileURLToPath(new URL('../packages/sasrec/dist/cli.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'recsys-record-'));
const machine = describeMachine();
const child = spawn(process.execPath, [cli, 'train', ...given, '--out', join(scratch, 'run'), '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

interface TrainingEvent {
  event: string;
  [key: string]: unknown;
}
const events: TrainingEvent[] = [];
for await (const line of createInterface({ input: child.stdout })) {
  const event = JSON.parse(line) as TrainingEvent;
  events.push(event);
  if (event.event === 'epoch')
    console.log(`epoch ${event.epoch}: ${JSON.stringify(event.validation)}, ${Math.round(event.seconds as number)} s`);
}
rmSync(scratch, { recursive: true, force: true });

const find = (kind: string) => events.filter(({ event }) => event === kind).map(({ event: _, ...fields }) => fields);
const epochs = find('epoch') as { seconds: number }[];
const durations = epochs.map(({ seconds }, i) => seconds - (epochs[i - 1]?.seconds ?? 0)).sort((a, b) => a - b);
const [data] = find('data');
const shown = given.map((argument) => (argument === data?.path ? `../shared/data/${basename(argument)}` : argument));
const record = {
  command: `sasrec train ${shown.join(' ')}`,
  machine,
  backend: find('backend')[0]?.backend,
  data: { ...data, path: basename(String(data?.path)) },
  model: find('model')[0],
  secondsPerEpoch: { median: durations[durations.length >> 1], max: durations.at(-1) },
  test: find('test')[0],
  baselines: find('baseline'),
  epochs,
};
const path = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
console.log(`wrote ${path}`);
