import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attack } from './attack.ts';
import { type Json, reseal, setIn, sumsOf, writeSums } from './sealed-files.ts';

const recommend = (model: string) => ['recommend', model, '--history', 'item-1,item-2', '--backend', 'cpu'];
/** An attack on a saved model, with right checksums. */
const onModel = (name: string, outcome: Attack['outcome'], change: (model: string) => void): Attack => ({
  name: `model: ${name}`,
  outcome,
  prepare: (room) => {
    const model = room.model();
    change(model);
    reseal(model);
    return { run: recommend(model) };
  },
});

const modelTexts: Readonly<Record<string, string | Uint8Array>> = {
  empty: '',
  'cut off': '{"format":',
  null: 'null',
  'an array': '[]',
  'a number': '1e999',
  'an object without keys': '{}',
  'not UTF-8': Uint8Array.of(0xff, 0xfe, 0xfd),
  'a million brackets': '['.repeat(1e6),
  'a hundred thousand nested objects': `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`,
  '32 MB of spaces': ' '.repeat(2 ** 25),
  'a prototype': '{"__proto__":{"weightsManifest":[{"weights":[]}]}}',
};

const recsysKey = 'userDefinedMetadata/recsys';
const junk: readonly unknown[] = [undefined, null, 'x', {}];
const junkPaths = [
  'userDefinedMetadata',
  recsysKey,
  `${recsysKey}/format`,
  `${recsysKey}/model`,
  `${recsysKey}/config`,
  `${recsysKey}/config/catalog`,
  `${recsysKey}/config/catalog/ids`,
  `${recsysKey}/config/catalog/first`,
  `${recsysKey}/config/hiddenUnits`,
  `${recsysKey}/config/maxLength`,
  'weightsManifest',
  'weightsManifest/0/weights',
  'weightsManifest/0/weights/0/name',
  'weightsManifest/0/weights/0/shape',
  'weightsManifest/0/weights/0/dtype',
];

/** Values at a path of model.json that ask for too much, or for something else. */
const modelValues: readonly (readonly [path: string, value: unknown, outcome: Attack['outcome']])[] = [
  [`${recsysKey}/config/hiddenUnits`, 3e8, 'refused'],
  [`${recsysKey}/config/hiddenUnits`, 1e300, 'refused'],
  [`${recsysKey}/config/numBlocks`, 2e8, 'refused'],
  [`${recsysKey}/config/numBlocks`, 1000, 'refused'],
  [`${recsysKey}/config/maxLength`, 1e9, 'refused'],
  [`${recsysKey}/config/maxLength`, 2 ** 53, 'refused'],
  [`${recsysKey}/config/numHeads`, 1e9, 'refused'],
  [`${recsysKey}/config/wiring`, 'constructor', 'refused'],
  [`${recsysKey}/config/initializer`, '__proto__', 'refused'],
  [`${recsysKey}/config/unknown`, 1, 'refused'],
  [`${recsysKey}/model`, 'GRU4Rec', 'refused'],
  [`${recsysKey}/model`, '__proto__', 'refused'],
  [`${recsysKey}/model`, 'constructor', 'refused'],
  [`${recsysKey}/config/catalog/ids`, Array(4).fill('item-1'), 'refused'],
  [`${recsysKey}/config/catalog/ids`, [{ a: 1 }], 'refused'],
  [`${recsysKey}/config/catalog/ids`, [null, 'item-1'], 'refused'],
  [`${recsysKey}/config/catalog/counts`, [-1], 'either'],
  ['weightsManifest/0/weights/0/shape', [-1, -32], 'refused'],
  ['weightsManifest/0/weights/0/shape', [[401], [32]], 'refused'],
  ['weightsManifest/0/weights/0/shape', [1e12], 'refused'],
  ['weightsManifest/0/weights/0/shape', [2 ** 32, 2 ** 32], 'refused'],
  ['weightsManifest/0/weights/0/shape', [1.5], 'refused'],
  ['weightsManifest/0/weights/0/dtype', 'string', 'refused'],
  ['weightsManifest/0/weights/0/dtype', 'complex64', 'refused'],
  ['weightsManifest/0/weights/0/dtype', 'bool', 'refused'],
  ['weightsManifest/0/weights/0/dtype', 'int32', 'refused'],
  ['weightsManifest/0/weights/0/quantization', { dtype: 'uint8', scale: 1e308, min: -1e308 }, 'refused'],
  ['weightsManifest/0/weights/0/name', '__proto__', 'refused'],
  ['weightsManifest/0/weights/0/name', 'positionEmbedding.embeddings', 'refused'],
  ['weightsManifest/0/paths', ['../../../../etc/passwd'], 'either'],
  ['weightsManifest/0/weights', Array(3e5).fill({ name: 'a', shape: [1], dtype: 'float32' }), 'refused'],
  ['weightsManifest/0/weights', Array(1e5).fill({ name: 'a', shape: [0], dtype: 'float32' }), 'refused'],
];

const fillWeights = (value: number) => (model: string) => {
  const { length } = readFileSync(join(model, 'weights.bin'));
  writeFileSync(join(model, 'weights.bin'), Buffer.from(new Float32Array(length / 4).fill(value).buffer));
};
const cutWeights = (length: number) => (model: string) => truncateSync(join(model, 'weights.bin'), length);

const weightAttacks = [
  onModel('weights of NaN', 'refused', fillWeights(Number.NaN)),
  onModel('weights of infinity', 'refused', fillWeights(Number.POSITIVE_INFINITY)),
  onModel('weights of 3e38', 'either', fillWeights(3e38)),
  onModel('weights of 1e-45', 'either', fillWeights(1e-45)),
  ...[0, 1, 4, 1000].map((length) => onModel(`weights of ${length} bytes`, 'refused', cutWeights(length))),
  ...[2 ** 22, 2 ** 28].map((length) => onModel(`weights of ${length} bytes`, 'refused', cutWeights(length))),
];

/** Replaces a file by something that is no file, or has no end. */
export const replacements: Readonly<Record<string, (path: string, outside: string) => void>> = {
  missing: () => {},
  'a link to /dev/zero': (path) => symlinkSync('/dev/zero', path),
  'a link to /dev/urandom': (path) => symlinkSync('/dev/urandom', path),
  'a link to a file of the user': (path, outside) => symlinkSync(join(outside, 'diary.txt'), path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a FIFO': (path) => spawnSync('mkfifo', [path]),
  'a directory': (path) => mkdirSync(path),
  'a sparse file of 8 GiB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 33);
  },
};

const fileAttacks = ['model.json', 'weights.bin', 'checksums.json'].flatMap((file) =>
  Object.entries(replacements).map(
    ([what, replace]): Attack => ({
      name: `model: ${file} is ${what}`,
      outcome: 'refused',
      prepare: ({ model, outside }) => {
        const path = model();
        rmSync(join(path, file));
        replace(join(path, file), outside);
        return { run: recommend(path) };
      },
    }),
  ),
);

/** Entries of checksums.json that lead elsewhere or lie. */
const sumNames = [
  '..',
  '.',
  '',
  '../outside/diary.txt',
  '/etc/passwd',
  'a/b',
  'a\\b',
  '__proto__',
  'constructor',
  'a\0b',
];
const sumChanges: readonly (readonly [what: string, change: (sums: Json) => unknown])[] = [
  ...sumNames.map(
    (name) =>
      [
        `a file named ${JSON.stringify(name)}`,
        (sums: Json) =>
          JSON.parse(JSON.stringify(sums).replace(/\{/, `{${JSON.stringify(name)}:{"bytes":38000,"sha256":"0"},`)),
      ] as const,
  ),
  ['no file', () => ({})],
  ['an array', () => []],
  ['null', () => null],
  [
    '300,000 files',
    () => Object.fromEntries(Array.from({ length: 3e5 }, (_, i) => [`f${i}`, { bytes: 0, sha256: '' }])),
  ],
  ...[-1, 1.5, 1e15, 2 ** 40, null, '5', 0].map(
    (bytes) =>
      [
        `weights of ${JSON.stringify(bytes)} bytes`,
        (sums: Json) => ({ ...sums, 'weights.bin': { ...(sums['weights.bin'] as Json), bytes } }),
      ] as const,
  ),
  [
    'another sha256',
    (sums) => ({ ...sums, 'weights.bin': { ...(sums['weights.bin'] as Json), sha256: 'f'.repeat(64) } }),
  ],
];

const sumAttacks = sumChanges.map(
  ([what, change]): Attack => ({
    name: `checksums: ${what}`,
    outcome: 'refused',
    prepare: ({ model }) => {
      const path = model();
      writeSums(path, change(sumsOf(path)));
      return { run: recommend(path) };
    },
  }),
);

const inModel = (name: string, outcome: Attack['outcome'], path: string, value: unknown): Attack =>
  onModel(name, outcome, (model) => setIn(join(model, 'model.json'), path, value));

/** Attacks on a saved model. Except where they are about checksums, these are right. */
export const modelAttacks: readonly Attack[] = [
  ...Object.entries(modelTexts).map(([what, text]) =>
    onModel(`model.json is ${what}`, 'refused', (model) => writeFileSync(join(model, 'model.json'), text)),
  ),
  ...junkPaths.flatMap((path) =>
    junk.map((value) => inModel(`${path} is ${JSON.stringify(value) ?? 'missing'}`, 'either', path, value)),
  ),
  ...modelValues.map(([path, value, outcome]) =>
    inModel(`${path} is ${JSON.stringify(value).slice(0, 60)}`, outcome, path, value),
  ),
  ...weightAttacks,
  ...fileAttacks,
  ...sumAttacks,
];
