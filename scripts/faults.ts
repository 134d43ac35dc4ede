/**
 * Causes many faults of each kind and records the results: `pnpm faults [KIND...]`, by default all kinds. Writes
 * `benchmarks/results/faults/KIND.json`. Exits with 1 if anything was lost.
 */
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../benchmarks/support/machine.ts';
import { writeRecord } from '../benchmarks/support/write-record.ts';
import { faults } from '../test/faults/faults.ts';

const given = process.argv.slice(2).filter((argument) => argument !== '--');
const unknown = given.filter((kind) => !Object.hasOwn(faults, kind));
if (unknown.length > 0) {
  const kinds = Object.entries(faults).map(([kind, { about }]) => `  ${kind.padEnd(15)}${about}`);
  const isHelp = unknown.every((argument) => argument === '--help' || argument === '-h');
  (isHelp ? console.log : console.error)(`usage: pnpm faults [KIND...]   (default: all)\n${kinds.join('\n')}`);
  process.exit(isHelp ? 0 : 2);
}

const folder = new URL('../benchmarks/results/faults/', import.meta.url);
for (const kind of given.length > 0 ? given : Object.keys(faults)) {
  const { about, long, run } = faults[kind];
  console.log(`${kind}: ${about}`);
  const start = performance.now();
  const { tried, survived, losses, details } = await run(long, (line) => console.log(`  ${line}`));
  const seconds = Math.round((performance.now() - start) / 1000);
  const record = {
    kind,
    command: `pnpm faults ${kind}`,
    tried,
    survived,
    lost: losses.length,
    losses,
    seconds,
    details,
  };
  writeRecord(fileURLToPath(new URL(`${kind}.json`, folder)), {
    ...record,
    size: long,
    machine: describeMachine(),
  });
  console.log(`  ${tried} tried, ${survived} survived, ${losses.length} lost, in ${seconds} s`);
  for (const loss of losses.slice(0, 20)) console.log(`  lost: ${loss}`);
  if (losses.length > 0) process.exitCode = 1;
}
