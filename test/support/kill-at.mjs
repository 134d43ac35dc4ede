/**
 * Preloaded by `node --import`: kills the process in the middle of its work, where KILL_AT says: JSON of `call`, `match` and `nth`. It is killed before
 * the nth call (default 1) whose argument matches the regular expression: a path that is opened or removed, the two of a rename, or what is printed
 * (`write`). With `report`, a file, it first notes there the seconds of processor time since training began.
 */
import { writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { call, match, nth = 1, report } = JSON.parse(process.env.KILL_AT ?? '{}');
const pattern = new RegExp(match ?? '(?!)');
let calls = 0;
let cpuBefore; // when training began

const killAt = (name, text) => {
  if (name !== call || !pattern.test(text)) return;
  calls += 1;
  if (calls < nth) return;
  if (report !== undefined) {
    const { user, system } = cpuBefore === undefined ? { user: 0, system: 0 } : process.cpuUsage(cpuBefore);
    writeFileSync(report, String((user + system) / 1e6));
  }
  process.kill(process.pid, 'SIGKILL');
};

for (const name of ['open', 'rename', 'rm']) {
  const original = fs[name];
  fs[name] = (...args) => {
    killAt(name, args.filter((argument) => typeof argument === 'string').join(' '));
    return original(...args);
  };
}
syncBuiltinESMExports();

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  if (String(text).includes('"event":"training"')) cpuBefore = process.cpuUsage();
  killAt('write', String(text));
  return write(text, ...rest);
};
