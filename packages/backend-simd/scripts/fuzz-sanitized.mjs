/**
 * Runs the fuzz test of the native kernels on a build with AddressSanitizer and UndefinedBehaviorSanitizer, which stop
 * at the first wrong read or write: `node scripts/fuzz-sanitized.mjs [RUNS]`, with the number of launches of each
 * kernel. Needs GCC on Linux.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileNative } from './compile-native.mjs';

const [runs = '300'] = process.argv.slice(2);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const addon = fileURLToPath(new URL('../node_modules/.cache/native/sanitized.node', import.meta.url));
const compiler = (process.env.CXX ?? 'g++').split(' ');

await compileNative({
  compiler,
  platform: { os: process.platform, cpu: process.arch },
  output: addon,
  sanitize: true,
});

/** Node is not compiled with the sanitizer, so its library must be there before anything else is. */
const [command, ...first] = compiler;
const library = execFileSync(command, [...first, '-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const env = {
  ...process.env,
  LD_PRELOAD: library,
  // What Node itself does is not the question here.
  ASAN_OPTIONS: 'detect_leaks=0:detect_odr_violation=0:handle_segv=0:abort_on_error=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  RECSYS_FUZZ_ADDON: addon,
  RECSYS_FUZZ_RUNS: runs,
};
const vitest = ['vitest', 'run', 'packages/backend-simd/src/engine/fuzz.test.ts', '--testTimeout=600000'];
const { status } = spawnSync('npx', vitest, { cwd: root, env, stdio: 'inherit' });
process.exitCode = status ?? 1;
