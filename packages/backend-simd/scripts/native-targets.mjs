/** What the native kernels are compiled for: platforms, and the instruction sets of each. */

const x64 = [
  {
    name: 'avx512',
    width: 16,
    flags: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx2', '-mfma', '-mprefer-vector-width=512'],
  },
  { name: 'avx2', width: 8, flags: ['-mavx2', '-mfma'] },
];
const arm64 = [{ name: 'neon', width: 4, flags: [] }];

/**
 * The platforms with a package of their own. `zig` is the name of the target for zig's compiler; `tried` where
 * the kernels have been run against WebAssembly: by the tests of this repository, or in an emulator (QEMU, Wine). The others are only
 * compiled, and say so.
 */
export const platforms = [
  { name: 'linux-x64-gnu', os: 'linux', cpu: 'x64', libc: 'glibc', zig: 'x86_64-linux-gnu.2.17', tried: 'tests' },
  { name: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl', zig: 'x86_64-linux-musl' },
  {
    name: 'linux-arm64-gnu',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    zig: 'aarch64-linux-gnu.2.17',
    tried: 'emulator',
  },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', zig: 'x86_64-macos' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', zig: 'aarch64-macos' },
  { name: 'win32-x64', os: 'win32', cpu: 'x64', zig: 'x86_64-windows-gnu', tried: 'emulator' },
];

/** @returns the instruction sets that are compiled for a CPU, as `process.arch` names it; undefined for other CPUs. */
export const instructionSetsOf = (cpu) => ({ x64, arm64 })[cpu];

/** @returns the manifest of the package with the packages of these platforms as optional dependencies. */
export const namePlatforms = (manifest, platforms) => ({
  ...manifest,
  optionalDependencies: Object.fromEntries(platforms.map(({ name }) => [`${manifest.name}-${name}`, manifest.version])),
});
