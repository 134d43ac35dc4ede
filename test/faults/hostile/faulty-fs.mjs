// Imported before the command, in its process: makes one operation on a file of a run fail, or the clock or the number of CPUs strange.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const { FAULT = '', CLOCK, CPUS } = process.env;
const [operation, code, nth] = FAULT.split(' ');
let calls = 0;

/** Fails at the nth call that is about a file of a run. */
const mayFail = (name, path) => {
  if (name !== operation || !/\/run(\/|$)/.test(String(path))) return;
  calls += 1;
  if (calls === Number(nth))
    throw Object.assign(new Error(`${code}: the disk failed, ${name} '${path}'`), { code, path, syscall: name });
};

if (FAULT !== '') {
  for (const name of ['appendFile', 'lstat', 'mkdir', 'readFile', 'readdir', 'rename', 'rm', 'stat', 'truncate']) {
    const original = fs[name];
    fs[name] = async (path, ...rest) => {
      mayFail(name, path);
      return original(path, ...rest);
    };
  }
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    mayFail('open', path);
    const handle = await open(path, ...rest);
    for (const name of ['sync', 'writeFile', 'close']) {
      const original = handle[name];
      handle[name] = async (...own) => {
        if (name === 'close') await original.apply(handle, own);
        mayFail(name, path);
        return name === 'close' ? undefined : original.apply(handle, own);
      };
    }
    return handle;
  };
}

if (CLOCK !== undefined) {
  let now = Date.now();
  const clocks = { back: () => (now -= 1000), zero: () => 0, far: () => 8.64e15, still: () => now };
  Date.now = clocks[CLOCK];
  performance.now = clocks[CLOCK];
}

if (CPUS !== undefined) os.availableParallelism = () => Number(CPUS);

syncBuiltinESMExports();
