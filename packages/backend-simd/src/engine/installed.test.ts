/** The built package in a project of its own, with packages of native kernels that are good or bad. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../generated/arguments.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const addon = join(root, 'dist/recsys.node');
const { platform, arch } = process;
const platformPackage = `@recsys/backend-simd-${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}`;

const program = `
import { registerSimdBackend } from '@recsys/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
registerSimdBackend({ threads: 2 });
await tf.setBackend('simd');
const { build, buildNote, threads } = tf.backend();
const sum = tf.tidy(() => tf.sum(tf.matMul(tf.ones([600, 60]), tf.ones([60, 60]))).dataSync()[0]);
console.log(JSON.stringify({ build, buildNote, threads, sum }));
`;

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'recsys-native-'));
  const own = join(project, 'node_modules/@recsys/backend-simd');
  mkdirSync(own, { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  cpSync(join(root, 'dist'), join(own, 'dist'), { recursive: true, filter: (path) => path !== addon });
  mkdirSync(join(project, 'node_modules/@tensorflow'));
  for (const name of ['@recsys/errors', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'])
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(project, 'node_modules', name));
  writeFileSync(join(project, 'main.mjs'), program);
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Installs a package of native kernels with this content. */
const install = (content: Buffer): void => {
  const folder = join(project, 'node_modules', platformPackage);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: platformPackage, main: 'recsys.node' }));
  writeFileSync(join(folder, 'recsys.node'), content);
};

interface Result {
  build: string;
  buildNote?: string;
  threads: number;
  sum: number;
}
const run = (file = 'main.mjs', flags: string[] = []): Result => {
  const env = { ...process.env, RECSYS_ENGINE: '', NODE_OPTIONS: '' };
  const output = execFileSync(process.execPath, [...flags, file], { cwd: project, env, encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Result;
};

const works = { threads: 2, sum: 600 * 60 * 60 };

it('computes with WebAssembly if no package of native kernels is installed', () => {
  expect(run()).toEqual({
    ...works,
    build: expect.stringMatching(/simd$/),
    buildNote: expect.stringContaining(`no native kernels: ${platformPackage}`),
  });
});

describe.skipIf(!existsSync(addon))('with a package of native kernels', () => {
  const good = existsSync(addon) ? readFileSync(addon) : Buffer.alloc(0);

  it('computes with them, also in worker threads', () => {
    install(good);
    const expected = { ...works, build: expect.stringMatching(/^native-/) };
    expect(run()).toEqual(expected);
    writeFileSync(
      join(project, 'workers.mjs'),
      `import { Worker } from 'node:worker_threads';
      const run = () => new Promise((resolve, reject) =>
        new Worker('./main.mjs').on('error', reject).on('exit', resolve));
      console.error(await Promise.all([run(), run()]));
      await import('./main.mjs');`,
    );
    expect(run('workers.mjs')).toEqual(expected);
  });

  it('computes with WebAssembly, with the reason, if Node may not load addons', () => {
    install(good);
    const { buildNote, ...result } = run('main.mjs', ['--no-addons']);
    expect(result).toEqual({ ...works, build: expect.stringMatching(/simd$/) });
    expect(buildNote).toMatch(/^no native kernels: .*recsys\.node: .*(addon|disabled)/i);
  });

  /** The file for another CPU: the machine that the header of an ELF file names. */
  const forAnotherMachine = () => {
    const file = Buffer.from(good);
    file.writeUInt16LE(0x15, 18); // PowerPC
    return file;
  };
  const fromAnotherVersion = () => {
    const file = Buffer.from(good);
    const at = file.indexOf(layout);
    if (at < 0) throw new Error('the addon has no layout');
    file.write('0123456789abcdef', at);
    return file;
  };

  it.each([
    ['is corrupted', () => Buffer.from('not an addon'), 'recsys.node: '],
    ['is empty', () => Buffer.alloc(0), 'recsys.node: '],
    ['is for another machine', forAnotherMachine, 'recsys.node: '],
    ['is from another version', fromAnotherVersion, 'it was built from another version of this package'],
  ])('computes with WebAssembly, with the reason, if the file %s', (what, content, reason) => {
    if (what === 'is for another machine' && platform !== 'linux') return;
    install(content());
    const { buildNote, ...result } = run();
    expect(result).toEqual({ ...works, build: expect.stringMatching(/simd$/) });
    expect(buildNote).toMatch(/^no native kernels: /);
    expect(buildNote).toContain(reason);
  });
});
