/**
 * Writes `src/generated/`: the types of the kernels' arguments, and the kernels compiled twice, as SIMD and as relaxed
 * SIMD. A compiled module is text in a TypeScript module, because bundlers do not find a `.wasm` file by
 * themselves. Also writes the arguments as a C++ header, for the native kernels.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { typescriptOf } from './generate-arguments.mjs';
import { headerOf } from './generate-header.mjs';
import { tiles } from './generate-tiles.mjs';
import { kernelDeclarations } from './kernel-declarations.mjs';

const root = new URL('../', import.meta.url);
/** Pages of 64 KiB: the kernels address all of 4 GiB. */
const maximumPages = 65536;
/**
 * Sections that a module may have: types, imports, functions, exports, code. Anything else would be instantiated again
 * by each thread.
 */
const allowedSections = new Set([0, 1, 2, 3, 7, 10]);

mkdirSync(new URL('assembly/generated/', root), { recursive: true });
mkdirSync(new URL('native/generated/', root), { recursive: true });
mkdirSync(new URL('src/generated/', root), { recursive: true });

/** Files of `native/` that are no kernel family. */
const notFamilies = new Set(['addon', 'instruction-sets', 'kernels']);

const familiesIn = (folder, end) =>
  readdirSync(new URL(folder, root), { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith(end) && !file.endsWith('.test.ts') && !/^(base|generated)\//.test(file))
    .map((file) => file.slice(0, -end.length))
    .filter((family) => family !== 'index' && !notFamilies.has(family))
    .sort();

/** @throws if a kernel family is missing on a side. */
const assertMirrored = () => {
  const sides = [familiesIn('assembly/', '.ts'), familiesIn('src/kernels/', '.ts'), familiesIn('native/', '.cpp')];
  const all = new Set(sides.flat());
  const missing = [...all].filter((family) => sides.some((side) => !side.includes(family)));
  if (missing.length > 0)
    throw new Error(
      `assembly/, src/kernels/ and native/ must have files of the same names; not all of them have ${missing.join(', ')}`,
    );
};

assertMirrored();
writeFileSync(new URL('assembly/generated/tiles.ts', root), tiles());
const declarations = kernelDeclarations(new URL('assembly/', root));
writeFileSync(new URL('native/generated/arguments.h', root), headerOf(declarations));
writeFileSync(new URL('src/generated/arguments.ts', root), typescriptOf(declarations));

const compile = async (name, features) => {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      ...['--outFile', 'kernels.wasm', '--baseDir', new URL('.', root).pathname],
      ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--sharedMemory'],
      ...['--initialMemory', '1', '--maximumMemory', String(maximumPages)],
      ...['--enable', features, '-O3', '--noAssert', '--use', 'abort='],
    ],
    {
      writeFile: (file, contents) => {
        if (file.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  assertStateless(name, binary);
  const text = Buffer.from(binary).toString('base64');
  writeFileSync(
    new URL(`src/generated/${name}.ts`, root),
    `// Written by scripts/build-wasm.mjs.\nexport default '${text}';\n`,
  );
  console.log(`${name}: ${binary.length} bytes`);
};

/** @throws if a module has data, globals, tables or a start function, which the threads would overwrite. */
const assertStateless = (name, binary) => {
  let at = 8;
  while (at < binary.length) {
    const section = binary[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (!allowedSections.has(section)) throw new Error(`${name}: the module has section ${section}`);
    at += size;
  }
};

await compile('simd', 'simd,threads');
await compile('relaxed-simd', 'simd,relaxed-simd,threads');
