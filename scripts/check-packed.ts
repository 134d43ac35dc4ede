/**
 * Packs every package, checks that its types are found by all ways to import it (`attw`), installs the tarballs with
 * npm in an empty project, type-checks a program that imports every entry point with `strict` and
 * `skipLibCheck: false`, and runs the steps of the README: `pnpm check:packed`. Also installs the package of native
 * kernels for this machine, as a release has it.
 *
 * The types of tfjs 4.22 and arquero 8 do not pass `skipLibCheck: false`, so only errors in `node_modules/@recsys` and
 * in the program count. tfjs uses types of the browser, so the project needs the library `DOM`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeProblems } from './packed-native.ts';
import { packPackages } from './packed-packages.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'recsys-packed-'));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
}

const packages = readdirSync(join(root, 'packages')).map((folder) => ({
  folder: join(root, 'packages', folder),
  manifest: JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest,
}));

/** Every entry point that a program can import, such as `@recsys/data/node`. */
const entryPoints = packages.flatMap(({ manifest: { name, exports } }) =>
  Object.keys(exports)
    .filter((path) => path !== './package.json' && !path.endsWith('/testing'))
    .map((path) => name + path.slice(1)),
);

const versionOf = (name: string): string =>
  `${name}@${JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version}`;

const program = `${entryPoints.map((entry, i) => `import * as entry${i} from '${entry}';`).join('\n')}
import { kCore, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';

const entries = [${entryPoints.map((_, i) => `entry${i}`).join(', ')}];
await selectBackend();
const { interactions } = simulateInteractions({ seed: 1, users: 100, items: 30, meanLength: 10 });
const split = leaveOneOut(toSequences(kCore(interactions, { minInteractions: 2 })));
const model = new SASRec({ catalog: split.catalog, maxLength: 10, hiddenUnits: 8 });
await fit(model, split, { epochs: 1, seed: 1 });
const { numTargets } = await evaluate(model, split.test, { protocol: 'full' });
await model.save('model');
const loaded = await SASRec.load('model');
const same = JSON.stringify(loaded.recommend(['item-1', 'item-2'])) === JSON.stringify(model.recommend(['item-1', 'item-2']));
console.log(JSON.stringify({ entries: entries.length, numTargets, same }));
`;

/** Returns problems with the types of a packed package, for programs that are ES modules. */
const typeProblems = (tarball: string): string[] => {
  const args = ['attw', tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? [] : [`${tarball}: ${stdout}${stderr}`];
};

const check = (): string[] => {
  const tarballs = packPackages(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'packed', private: true, type: 'module' }));
  const others = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@types/node', 'typescript'].map(versionOf);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...tarballs, ...others], {
    cwd: project,
    stdio: 'ignore',
  });
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        skipLibCheck: false,
        module: 'NodeNext',
        target: 'ES2022',
        lib: ['ES2023', 'DOM'],
        outDir: 'out',
        types: ['node'],
      },
      include: ['program.ts'],
    }),
  );
  writeFileSync(join(project, 'program.ts'), program);
  const compiled = spawnSync('npx', ['tsc', '--pretty', 'false'], { cwd: project, encoding: 'utf8' });
  const isOurs = (line: string) => /^(node_modules\/@recsys\/|program\.ts)\S*: error TS/.test(line);
  const problems = [...tarballs.flatMap(typeProblems), ...compiled.stdout.split('\n').filter(isOurs)];
  const ran = spawnSync('node', ['out/program.js'], { cwd: project, encoding: 'utf8' });
  process.stdout.write(`${tarballs.length} packages, ${entryPoints.length} entry points: ${ran.stdout || ran.stderr}`);
  if (ran.status !== 0 || !ran.stdout.includes('"same":true')) problems.push('the program failed');
  const command = spawnSync('npx', ['recsys', '--help'], { cwd: project, encoding: 'utf8' });
  if (command.status !== 0) problems.push(`recsys --help exited with ${command.status}: ${command.stderr}`);
  return [...problems, ...nativeProblems(tarballs)];
};

try {
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
