/** The package of native kernels for this machine, installed beside `@recsys/backend-simd` as a release has both. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namePlatforms } from '../packages/backend-simd/scripts/native-targets.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'];

const program = `
import { registerSimdBackend } from '@recsys/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
registerSimdBackend({ threads: 2 });
await tf.setBackend('simd');
const { build, buildNote } = tf.backend();
const [sum] = tf.tidy(() => tf.sum(tf.matMul(tf.ones([600, 60]), tf.ones([60, 60]))).dataSync());
console.log(JSON.stringify({ build, buildNote, right: sum === 600 * 60 * 60 }));
`;

/**
 * Packs the package of native kernels for this machine, installs it with npm and without scripts, and returns what is
 * wrong with what then computes.
 *
 * @param tarballs the packed packages of the repository.
 */
export const nativeProblems = (tarballs: readonly string[]): string[] => {
  if (!existsSync(join(root, 'packages/backend-simd/dist/recsys.node'))) {
    console.log('native kernels: none are compiled here, so their package is not checked');
    return [];
  }
  const project = mkdtempSync(join(tmpdir(), 'recsys-packed-native-'));
  const call = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const pack = (folder: string) => join(project, call('npm', 'pack', '--silent', folder).trim());
  const tarballOf = (name: string) => tarballs.find((path) => path.includes(`recsys-${name}-0`))!;
  try {
    call('node', join(root, 'packages/backend-simd/scripts/native-packages.mjs'), 'native');
    const [platform] = readdirSync(join(project, 'native'));
    const native = pack(`./native/${platform}`);
    mkdirSync(join(project, 'unpacked'));
    call('tar', '-xzf', tarballOf('backend-simd'), '-C', 'unpacked');
    const manifest = join(project, 'unpacked/package/package.json');
    const named = namePlatforms(JSON.parse(readFileSync(manifest, 'utf8')), [{ name: platform }]);
    writeFileSync(manifest, JSON.stringify(named));
    const own = pack('./unpacked/package');

    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'packed', private: true, type: 'module' }));
    const versions = peers.map((name) => {
      const path = join(root, 'packages/backend-simd/node_modules', name, 'package.json');
      return `${name}@${JSON.parse(readFileSync(path, 'utf8')).version}`;
    });
    call(
      'npm',
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      own,
      native,
      tarballOf('errors'),
      ...versions,
    );
    writeFileSync(join(project, 'program.mjs'), program);

    const problems: string[] = [];
    const expectBuild = (pattern: RegExp, when: string) => {
      const output = call('node', 'program.mjs').trim();
      console.log(`${when}: ${output}`);
      const { build, right } = JSON.parse(output) as { build: string; right: boolean };
      if (!pattern.test(build) || !right) problems.push(`${when}: ${output}`);
    };
    const installed = join(project, 'node_modules/@recsys/backend-simd');
    if (existsSync(join(installed, 'dist/recsys.node'))) problems.push('the package itself has native kernels');
    expectBuild(/^native-/, `with @recsys/backend-simd-${platform}`);
    rmSync(`${installed}-${platform}`, { recursive: true });
    expectBuild(/simd$/, 'without it');
    return problems;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
};
