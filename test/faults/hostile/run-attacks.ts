import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointsOf } from '../small-run.ts';
import type { Attack, Room } from './attack.ts';
import { replacements } from './model-attacks.ts';
import { reseal, setIn } from './sealed-files.ts';

const commands = {
  'train --resume': (run: string) => ['train', '--resume', run],
  recommend: (run: string) => ['recommend', run, '--history', 'item-1', '--backend', 'cpu'],
  'recommend --user': (run: string) => ['recommend', run, '--user', 'user-1', '--backend', 'cpu'],
  evaluate: (run: string) => ['evaluate', run, '--backend', 'cpu'],
} as const;

/** An attack on a run directory. */
const onRun = (
  name: string,
  command: keyof typeof commands,
  outcome: Attack['outcome'],
  change: (run: string, room: Room) => void,
): Attack => ({
  name: `run: ${name}, ${command}`,
  outcome,
  prepare: (room) => {
    const run = room.run();
    change(run, room);
    return { run: commands[command](run) };
  },
});

/** Changes a value in `training.json` of each checkpoint, with right checksums. */
const setTraining = (run: string, path: string, value: unknown): void => {
  for (const name of checkpointsOf(run)) {
    const checkpoint = join(run, 'checkpoints', name);
    setIn(join(checkpoint, 'training.json'), path, value);
    reseal(checkpoint);
  }
};

const linked: readonly Attack[] = [
  onRun('metrics.jsonl is a link to a file of the user', 'train --resume', 'refused', (run, { outside }) => {
    rmSync(join(run, 'metrics.jsonl'));
    symlinkSync(join(outside, 'diary.txt'), join(run, 'metrics.jsonl'));
  }),
  onRun('checkpoints is a link to a folder of the user', 'train --resume', 'refused', (run, { outside }) => {
    rmSync(join(run, 'checkpoints'), { recursive: true });
    symlinkSync(outside, join(run, 'checkpoints'));
  }),
  onRun('a checkpoint is a link to a folder of the user', 'train --resume', 'either', (run, { outside }) => {
    symlinkSync(join(outside, 'step-0000000001'), join(run, 'checkpoints', 'step-0000000099'));
  }),
  onRun('an old checkpoint is a link to a folder of the user', 'train --resume', 'either', (run, { outside }) => {
    symlinkSync(join(outside, 'step-0000000001'), join(run, 'checkpoints', 'step-0000000001'));
  }),
  onRun('half-written files are links to a folder of the user', 'train --resume', 'either', (run, { outside }) => {
    symlinkSync(outside, join(run, '.partial-a'));
    symlinkSync(outside, join(run, 'checkpoints', '.partial-b'));
  }),
  onRun('a mark of use is a folder', 'train --resume', 'either', (run) => {
    mkdirSync(join(run, 'in-use-by-1-1@elsewhere'));
  }),
  onRun('a mark of use is a link to a file of the user', 'train --resume', 'either', (run, { outside }) => {
    symlinkSync(join(outside, 'diary.txt'), join(run, 'in-use-by-1-1@elsewhere'));
  }),
  ...[
    'in-use-by-',
    'in-use-by-x',
    'in-use-by--1@a',
    'in-use-by-1e9-1@a',
    `in-use-by-${'9'.repeat(200)}@a`,
    'in-use-by-\u009b2J@a',
  ].map((mark) =>
    onRun(`a mark of use is named ${JSON.stringify(mark).slice(0, 40)}`, 'train --resume', 'either', (run) => {
      writeFileSync(join(run, mark), '');
    }),
  ),
];

const files = ['config.json', 'metrics.jsonl', 'checkpoints'].flatMap((file) =>
  Object.entries(replacements).map(([what, replace]) =>
    onRun(`${file} is ${what}`, 'train --resume', file === 'config.json' ? 'refused' : 'either', (run, { outside }) => {
      rmSync(join(run, file), { recursive: true });
      replace(join(run, file), outside);
    }),
  ),
);

const best = [
  '../../outside',
  '..',
  '/etc',
  '',
  '__proto__',
  'step-',
  'step-9999999999',
  'step-1/../..',
  null,
  5,
  {},
  [],
].flatMap((name) =>
  (['train --resume', 'recommend'] as const).map((command) =>
    onRun(`the best checkpoint is ${JSON.stringify(name)}`, command, 'either', (run) => {
      setTraining(run, 'progress/best/checkpoint', name);
    }),
  ),
);

const progress: readonly (readonly [path: string, value: unknown])[] = [
  ...['progress', 'progress/step', 'progress/epoch', 'progress/batch', 'progress/logBytes', 'progress/lossSum'].flatMap(
    (path) => [undefined, -1, 'x'].map((value) => [path, value] as const),
  ),
  ['progress/logBytes', 2 ** 53],
  ['optimizer/weights', []],
  ['optimizer/weights/0/size', 1e12],
  ['optimizer/weights/0/size', -1],
  ['optimizer/weights/0/name', '__proto__'],
  ['optimizer', null],
  ['format', 2],
];

const dataPaths = [
  '/dev/zero',
  '/dev/null',
  '../../../../../../../etc/passwd',
  '.',
  '',
  'http://127.0.0.1:1/a.csv',
  'file:///etc/passwd',
  '\u001b[2Jgone.csv',
  '__proto__',
  'ftp://127.0.0.1/x',
  'x'.repeat(5000),
  5,
  null,
  ['a'],
];

const settings: readonly (readonly [path: string, value: unknown])[] = [
  ['model/name', '__proto__'],
  ['model/name', 'constructor'],
  ['model/hiddenUnits', 3e8],
  ['model/numBlocks', 2e8],
  ['model/maxLength', 1e12],
  ['model/wiring', 'toString'],
  ['model', null],
  ['fit', null],
  ['fit/epochs', -1],
  ['fit/epochs', 1e300],
  ['fit/batchSize', 1e15],
  ['fit/learningRate', 'x'],
  ['fit/adam', []],
  ['fit/schedule/kind', 'constructor'],
  ['fit/validation/protocol', '__proto__'],
  ['fit/validation/k', [1e9]],
  ['loss/name', 'toString'],
  ['loss/numNegatives', 1e12],
  ['loss', null],
  ['data', null],
  ['data/fingerprint', 5],
  ['engine', 'simd none'],
  ['info', null],
  ['info', undefined],
  ['info/dataOptions', { format: 'constructor' }],
  ['info/dataOptions', { columns: { user: '__proto__', item: 'item' } }],
  ['info/protocol', 'x'],
  ['info/k', [-1]],
  ['format', 2],
];

/** Attacks on a run directory that a stranger has made. */
export const runAttacks: readonly Attack[] = [
  ...linked,
  ...files,
  ...best,
  ...progress.map(([path, value]) =>
    onRun(`${path} is ${JSON.stringify(value) ?? 'missing'}`, 'train --resume', 'either', (run) => {
      setTraining(run, path, value);
    }),
  ),
  ...dataPaths.flatMap((path) =>
    (['train --resume', 'recommend --user'] as const).map((command) =>
      onRun(`its data is ${JSON.stringify(path).slice(0, 40)}`, command, 'refused', (run) => {
        setIn(join(run, 'config.json'), 'info/data', path);
      }),
    ),
  ),
  ...settings.map(([path, value]) =>
    onRun(`${path} is ${JSON.stringify(value) ?? 'missing'}`, 'train --resume', 'either', (run) => {
      setIn(join(run, 'config.json'), path, value);
    }),
  ),
  onRun('its protocol is __proto__', 'evaluate', 'either', (run) => {
    setIn(join(run, 'config.json'), 'info/protocol', '__proto__');
  }),
  onRun('the newest checkpoint is named for a step that it is not', 'train --resume', 'either', (run) => {
    const newest = join(run, 'checkpoints', checkpointsOf(run).at(-1)!);
    renameSync(newest, join(run, 'checkpoints', `step-${'9'.repeat(30)}`));
  }),
  onRun('the log holds no JSON', 'train --resume', 'survived', (run) => {
    const log = join(run, 'metrics.jsonl');
    const { length } = readFileSync(log);
    writeFileSync(log, '\0'.repeat(length));
  }),
];
