/**
 * Writes `src/generated/`: the types of the kernels' arguments, and the kernels compiled twice, as SIMD and as relaxed
 * SIMD. A compiled module is text in a TypeScript module, because bundlers do not find a `.wasm` file by
 * themselves.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { typescriptOf } from './generate-arguments.mjs';
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
mkdirSync(new URL('src/generated/', root), { recursive: true });

const familiesIn = (folder) =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort();

/** @throws if a kernel family is only on one side. */
const assertMirrored = () => {
  const [ours, theirs] = [familiesIn('assembly/'), familiesIn('src/kernels/')];
  const alone = [...ours.filter((file) => !theirs.includes(file)), ...theirs.filter((file) => !ours.includes(file))];
  if (alone.length > 0)
    throw new Error(`assembly/ and src/kernels/ must have the same files; only one has ${alone.join(', ')}`);
};

assertMirrored();
writeFileSync(new URL('assembly/generated/tiles.ts', root), tiles());
const declarations = kernelDeclarations(new URL('assembly/', root));
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
