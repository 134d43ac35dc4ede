import { layout } from '../generated/arguments.js';
import { loadAddon, type NativeKernels } from './attach.js';
import { wrongAnswers } from './known-answers.js';

/** A build of the native kernels: one for each instruction set. */
export type NativeBuild = 'native-avx512' | 'native-avx2' | 'native-neon';

/** The builds, the best first. */
export const nativeBuilds = ['native-avx512', 'native-avx2', 'native-neon'] as const satisfies readonly NativeBuild[];

type FoundNative =
  | { readonly native: NativeKernels; readonly build: NativeBuild }
  | { /** Why there are no native kernels. */ readonly reason: string };

/**
 * Finds the native kernels of this platform: in its package (`@recsys/backend-simd-linux-x64-gnu` and so on), or
 * compiled in a checkout. Tests them against WebAssembly once per process.
 *
 * @param module the kernels of WebAssembly, whose answers are expected.
 * @param wanted the build to find; the best one by default.
 */
export const findNative = (module: WebAssembly.Module, wanted?: NativeBuild): FoundNative => {
  const key = wanted ?? 'best';
  const found = results.get(key) ?? searchSafely(module, wanted);
  results.set(key, found);
  return found;
};

const results = new Map<string, FoundNative>();

/** Forgets what was found. For tests, which change what there is to find. */
export const forgetNative = (): void => results.clear();

/** Whatever is wrong with the search, WebAssembly can compute. */
const searchSafely = (module: WebAssembly.Module, wanted?: NativeBuild): FoundNative => {
  try {
    return search(module, wanted);
  } catch (error) {
    return { reason: String((error as Error).message) };
  }
};

const search = (module: WebAssembly.Module, wanted?: NativeBuild): FoundNative => {
  const unfit = reasonNotToSearch();
  if (unfit !== undefined) return { reason: unfit };
  const files = addonFiles();
  if (files.length === 0) {
    const names = packageNames().join(' or ');
    return { reason: `${names} is not installed, and dist/recsys.node was not compiled` };
  }
  const reasons: string[] = [];
  for (const file of files) {
    try {
      return tried(module, file, wanted);
    } catch (error) {
      reasons.push(`${file}: ${String((error as Error).message).split('\n')[0]}`);
    }
  }
  return { reason: reasons.join('; ') };
};

/** Loads an addon and tests it. */
const tried = (module: WebAssembly.Module, file: string, wanted?: NativeBuild): FoundNative => {
  const addon = loadAddon(file);
  if (addon.layout !== layout) throw new Error('it was built from another version of this package');
  const builds = nativeBuilds.filter((build) => addon.instructionSets.includes(setOf(build)));
  const build = wanted ?? builds[0];
  if (build === undefined || !builds.includes(build)) {
    const needed = build === undefined ? 'AVX2 and FMA' : setOf(build);
    throw new Error(`this CPU has no ${needed}, or no kernels are compiled for it`);
  }
  const native = { file, instructionSet: setOf(build) };
  const wrong = wrongAnswers(module, native);
  if (wrong !== undefined) throw new Error(wrong);
  return { native, build };
};

/** The instruction set of a build, as the addon names it. */
const setOf = (build: NativeBuild): string => build.slice('native-'.length);

const reasonNotToSearch = (): string | undefined => {
  if (typeof process === 'undefined' || !process.versions?.node) return 'only Node has native kernels';
  const { bun, deno } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined || deno !== undefined) return 'only Node has native kernels; other runtimes are not tested';
  if (typeof SharedArrayBuffer === 'undefined') return 'SharedArrayBuffer is missing';
  return undefined;
};

/** Names of the packages that may have the kernels of this platform. */
const packageNames = (): string[] => {
  const { platform, arch } = process;
  const endings = platform === 'linux' ? ['-gnu', '-musl'] : [''];
  return endings.map((ending) => `@recsys/backend-simd-${platform}-${arch}${ending}`);
};

/** Paths of the addons that are there, in the order to try them. */
const addonFiles = (): string[] => {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { existsSync } = process.getBuiltinModule('node:fs');
  const { dirname, join } = process.getBuiltinModule('node:path');
  // Not the usual expression, in which bundlers look for files. Bundled as CommonJS, there is no import.meta.url.
  const here = createRequire(import.meta.url ?? __filename);
  const resolved = (request: string): string[] => {
    try {
      return [here.resolve(request)];
    } catch {
      return [];
    }
  };
  const checkout = resolved('@recsys/backend-simd/package.json').map((manifest) =>
    join(dirname(manifest), 'dist/recsys.node'),
  );
  return [...packageNames().flatMap(resolved), ...checkout.filter(existsSync)];
};
