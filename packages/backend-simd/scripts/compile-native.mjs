/** Compiles the native kernels and their addon with a C++ compiler that takes the flags of GCC and Clang. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { instructionSetsOf } from './native-targets.mjs';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../native/', import.meta.url));
/** Folder of the headers of Node-API, and of the list of its functions for the linker of Windows. */
export const nodeApi = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));

/**
 * `-ffp-contract=off`: results must not depend on which loop the compiler fuses. No part of C++'s library is used, so
 * that the file runs with any version of it. GCC's own headers of AVX-512 use a value before they set it.
 */
const common = [
  ...['-std=c++17', '-fno-math-errno', '-ffp-contract=off', '-fno-exceptions', '-fno-rtti', '-fvisibility=hidden'],
  ...[
    '-Wall',
    '-Wextra',
    '-Wno-uninitialized',
    '-Wno-maybe-uninitialized',
    '-Wno-unknown-warning-option',
    '-Wno-pass-failed',
  ],
];

/** Flags by which the linker leaves the functions of Node-API to the program that loads the file. */
const linkerFlags = { linux: ['-Wl,--as-needed', '-s'], darwin: ['-Wl,-undefined,dynamic_lookup'], win32: ['-s'] };

/**
 * @param compiler the command and its first arguments, such as `['g++']`.
 * @param linker the same for linking. Default the compiler.
 * @param libraries what to link beside the kernels.
 * @param platform the platform to compile for: `os` and `cpu` as Node names them.
 * @param output path of the addon.
 * @param sanitize whether to add AddressSanitizer and UndefinedBehaviorSanitizer.
 * @throws with the compiler's message if it fails.
 */
export const compileNative = async ({
  compiler,
  linker = compiler,
  platform: { os, cpu },
  output,
  sanitize = false,
  libraries = [],
}) => {
  const sets = instructionSetsOf(cpu);
  if (sets === undefined) throw new Error(`there are no native kernels for ${cpu}`);
  mkdirSync(dirname(output), { recursive: true });
  const folder = mkdtempSync(join(dirname(output), 'native-'));
  const optimization = sanitize
    ? [
        '-O1',
        '-g',
        '-fno-omit-frame-pointer',
        '-fsanitize=address,undefined',
        '-fno-sanitize-recover=all',
        '-DRECSYS_SANITIZE',
      ]
    : ['-O3'];
  const flags = [...common, ...optimization, ...(os === 'win32' ? [] : ['-fPIC'])];
  const compile = async (file, name, ...more) => {
    const object = join(folder, `${name}.o`);
    await call(compiler, [...flags, ...more, '-c', join(source, file), '-o', object]);
    return object;
  };
  const addon = ['-I', join(nodeApi, 'include')];
  try {
    const objects = await Promise.all([
      compile('addon.cpp', 'addon', ...addon),
      compile('instruction-sets.cpp', 'instruction-sets'),
      ...sets.map(({ name, width, flags }) =>
        compile(
          'kernels.cpp',
          name,
          ...flags,
          `-DRECSYS_WIDTH=${width}`,
          `-DRECSYS_ISA=${name}`,
          `-DRECSYS_ISA_NAME="${name}"`,
        ),
      ),
    ]);
    const linking = sanitize ? ['-fsanitize=address,undefined'] : linkerFlags[os];
    // Under another name first, because a program may be using the old file.
    const made = join(folder, 'recsys.node');
    await call(linker, ['-shared', ...objects, ...libraries, ...linking, '-o', made]);
    renameSync(made, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const call = async ([command, ...first], args) => {
  try {
    await run(command, [...first, ...args], { maxBuffer: 2 ** 24 });
  } catch (error) {
    throw new Error(error.stderr?.trim() || error.message);
  }
};
