/**
 * Compiles the native kernels for this machine to `dist/recsys.node`, with the first C++ compiler that works: `$CXX`,
 * c++, g++ or clang++. Without one, the package runs on WebAssembly; this is no error. `--report` compiles nothing and
 * says which kernels there are.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileNative } from './compile-native.mjs';
import { instructionSetsOf } from './native-targets.mjs';

const output = fileURLToPath(new URL('../dist/recsys.node', import.meta.url));
const { CXX } = process.env;
const compilers = CXX ? [CXX.split(' ')] : [['c++'], ['g++'], ['clang++']];

const works = ([command, ...first]) => {
  try {
    execFileSync(command, [...first, '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** @returns why there can be no native kernels here, or undefined. */
const reasonAgainst = (compiler) => {
  const { platform, arch } = process;
  if (instructionSetsOf(arch) === undefined) return `there are none for ${arch}`;
  if (platform !== 'linux' && platform !== 'darwin') return `on ${platform} they come with the released packages only`;
  if (compiler === undefined)
    return `no C++ compiler was found (${compilers.map(([command]) => command).join(', ')}); install one and run \`pnpm build --force\``;
  return undefined;
};

const compiler = compilers.find(works);
const reason = reasonAgainst(compiler);
if (process.argv.includes('--report')) {
  const none = `none, so WebAssembly computes: ${reason ?? 'they did not compile, or were not built; `pnpm build --force` shows why'}`;
  console.log(`native kernels: ${existsSync(output) ? 'compiled for this machine' : none}`);
} else {
  rmSync(output, { force: true });
  if (reason !== undefined) console.log(`native kernels: none, so WebAssembly computes: ${reason}`);
  else {
    try {
      await compileNative({ compiler, platform: { os: process.platform, cpu: process.arch }, output });
      console.log(`native kernels: compiled with ${compiler.join(' ')}`);
    } catch (error) {
      console.log(`native kernels: none, so WebAssembly computes: ${compiler.join(' ')} failed:\n${error.message}`);
    }
  }
}
