import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { canFillDisk } from '../disk-full.ts';
import type { Attack, Attempt, Room } from './attack.ts';
import { withFaults } from './training-attacks.ts';

/** A script in a folder with `clicks.csv`, `model`, a saved model, and `run`, a run that was stopped. */
const inShell = (
  name: string,
  outcome: Attack['outcome'],
  script: string,
  options: { env?: NodeJS.ProcessEnv; says?: RegExp; after?: (room: Room) => string | undefined } = {},
): Attack => ({
  name,
  outcome,
  ...(options.says === undefined ? {} : { says: options.says }),
  prepare: (room): Attempt => {
    room.model();
    room.run();
    return { run: script, env: options.env ?? {}, after: () => options.after?.(room) };
  },
});

const commands = {
  describe: 'recsys data describe clicks.csv',
  recommend: 'recsys recommend model --history item-1,item-2 --backend cpu',
  'recommend on simd': 'recsys recommend model --history item-1,item-2 --backend simd',
  evaluate: 'recsys evaluate run --backend cpu',
} as const;

const recommendFile = `echo '["item-1"]' > in.jsonl; recsys recommend model --backend cpu --input in.jsonl --output`;

/** Runs a script where `disk` is a small file system of its own, which is gone afterwards. */
const onDisk = (name: string, outcome: Attack['outcome'], options: string, script: string): Attack => {
  const attack = inShell(name, outcome, '', {});
  return {
    ...attack,
    prepare: async (room) => {
      if (!canFillDisk()) return undefined;
      const inner = `mkdir -p disk && mount -t tmpfs -o ${options} tmpfs disk || exit 99
        recsys() { "$NODE" "$RECSYS" "$@"; }\n${script}`;
      const attempt = (await attack.prepare(room))!;
      return { ...attempt, run: `unshare --mount --map-root-user bash -c '${inner.replaceAll("'", `'\\''`)}'` };
    },
  };
};

const readOnly = 'mount -o remount,ro disk';
const disks: readonly Attack[] = [
  onDisk(
    'a read-only place for a run',
    'refused',
    'size=9m',
    `${readOnly}; recsys train clicks.csv --out disk/run --epochs 1`,
  ),
  onDisk(
    'a read-only run, resumed',
    'refused',
    'size=9m',
    `cp -r run disk; cp clicks.csv disk; ${readOnly}; recsys train --resume disk/run`,
  ),
  onDisk(
    'a read-only run, evaluated',
    'survived',
    'size=9m',
    `cp -r run clicks.csv disk; ${readOnly}; recsys evaluate disk/run --backend cpu`,
  ),
  onDisk(
    'a read-only model',
    'survived',
    'size=9m',
    `cp -r model disk; ${readOnly}; recsys recommend disk/model --history item-1 --backend cpu`,
  ),
  onDisk(
    'a read-only place to convert to',
    'refused',
    'size=9m',
    `${readOnly}; recsys data convert clicks.csv disk/a.csv`,
  ),
  onDisk('a read-only place for recommendations', 'refused', 'size=9m', `${readOnly}; ${recommendFile} disk/a.jsonl`),
  onDisk('a read-only HOME', 'survived', 'size=9m', `${readOnly}; HOME=$PWD/disk recsys data describe clicks.csv`),
  onDisk(
    'a read-only HOME for a dataset',
    'refused',
    'size=9m',
    `${readOnly}; HOME=$PWD/disk XDG_CACHE_HOME=$PWD/disk recsys data describe ml-1m`,
  ),
  onDisk(
    'a read-only TMPDIR',
    'either',
    'size=9m',
    `${readOnly}; TMPDIR=$PWD/disk recsys data convert clicks.csv a.parquet`,
  ),
  ...['csv', 'parquet', 'arrow', 'txt'].map((format) =>
    onDisk(`a full disk for ${format}`, 'refused', 'size=8k', `recsys data convert clicks.csv disk/a.${format}`),
  ),
  onDisk('a full disk for recommendations', 'refused', 'size=4k', `${recommendFile} disk/a.jsonl`),
  onDisk(
    'a full disk for a log',
    'refused',
    'size=4k',
    'head -c 4096 /dev/zero > disk/fill; recsys data describe clicks.csv > disk/log',
  ),
  onDisk('no inode left', 'refused', 'size=9m,nr_inodes=2', 'touch disk/a; recsys data convert clicks.csv disk/a.csv'),
];

/** Makes a file of a kind, lets a command write to it, and checks that it is of this kind still. */
const onKind = (what: string, make: string, outcome: Attack['outcome'], before = ''): readonly Attack[] =>
  (
    [
      ['convert', 'recsys data convert clicks.csv out.csv'],
      ['recommend', `${recommendFile} out.jsonl --overwrite`],
    ] as const
  ).map(([command, script]) => {
    const out = `out.${command === 'convert' ? 'csv' : 'jsonl'}`;
    const made = make.replaceAll('OUT', out);
    let kind = '';
    const kindOf = (room: Room) =>
      (lstatSync(join(room.folder, out), { throwIfNoEntry: false })?.mode ?? 0).toString(8).slice(0, -4);
    const attack = inShell(`${command} to ${what}`, outcome, `${before.replaceAll('OUT', out)}\n${script}`, {
      after: (room) => (kindOf(room) === kind ? undefined : `the output was ${kind}, and is ${kindOf(room)}`),
    });
    return {
      ...attack,
      prepare: (room) => {
        if (spawnSync('bash', ['-c', made], { cwd: room.folder }).status !== 0) return undefined;
        kind = kindOf(room);
        return attack.prepare(room);
      },
    };
  });

const outputs: readonly Attack[] = [
  ...onKind('a FIFO with a reader', 'mkfifo OUT', 'either', 'timeout 5 cat OUT > /dev/null &'),
  ...onKind('a null device', 'mknod OUT c 1 3', 'either'),
  ...onKind('a full device', 'mknod OUT c 1 7', 'refused'),
  ...onKind('a directory', 'mkdir OUT', 'refused'),
  ...onKind('a link to a file', 'touch real; ln -s real OUT', 'either'),
  ...onKind('a link to nothing', 'ln -s real OUT', 'either'),
  ...onKind('a link to itself', 'ln -s OUT OUT', 'refused'),
  ...onKind('a link into a folder that is missing', 'ln -s gone/a OUT', 'refused'),
  inShell(
    'convert to the input itself',
    'either',
    'recsys data convert clicks.csv clicks.csv && recsys data describe clicks.csv',
  ),
  inShell(
    'two converts to one output',
    'either',
    'recsys data convert clicks.csv a.csv & recsys data convert clicks.csv a.csv; wait; recsys data describe a.csv',
  ),
  inShell(
    'two recommends to one output',
    'either',
    `${recommendFile} a.jsonl & ${recommendFile} a.jsonl; wait; test -s a.jsonl`,
  ),
];

const closed = Object.entries({ ...commands, list: 'recsys data get --list' }).flatMap(([name, command]) => [
  inShell(`${name} | head -c 1`, [0, 1], `${command} | head -c 1 > /dev/null; exit \${PIPESTATUS[0]}`),
  inShell(`${name}, standard output closed`, [0, 1], `${command} >&-`),
  inShell(`${name}, standard error closed`, [0, 1], `${command} 2>&-`),
  inShell(`${name}, standard input closed`, [0], `${command} <&-`),
  inShell(`${name} to a full disk`, [1], `${command} > /dev/full`, { says: /cannot be written/ }),
]);

const threads = ['0', '1', '64', '65', '-1', '1.5', 'abc', '', ' ', '1e9', '0x2', '２'].map((value) =>
  inShell(`RECSYS_THREADS=${value}`, 'either', commands['recommend on simd'], { env: { RECSYS_THREADS: value } }),
);
const cpus = ['1', '65', '96', '1024'].map((count) =>
  inShell(`${count} CPUs`, 'survived', commands['recommend on simd'], { env: withFaults({ CPUS: count }) }),
);

const variables: readonly (readonly [name: string, env: NodeJS.ProcessEnv])[] = [
  ['a Turkish locale', { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' }],
  ['a locale that is none', { LC_ALL: 'xx_YY.none' }],
  ['the locale C', { LC_ALL: 'C' }],
  ['a time zone with half hours', { TZ: 'Asia/Kolkata' }],
  ['a time zone that is none', { TZ: '../../etc/passwd' }],
  ['a HOME that is missing', { HOME: '/nowhere' }],
  ['an empty HOME', { HOME: '' }],
  ['a TMPDIR that is missing', { TMPDIR: '/nowhere' }],
  ['no PATH', { PATH: '' }],
  ['0 columns', { COLUMNS: '0' }],
  ['a million columns', { COLUMNS: '1000000' }],
  ['colours forced', { FORCE_COLOR: '0', CLICOLOR_FORCE: '1' }],
  ['a cache in a file', { XDG_CACHE_HOME: '/dev/null' }],
  ['a heap of 64 MB', { NODE_OPTIONS: '--max-old-space-size=64' }],
  ['frozen intrinsics', { NODE_OPTIONS: '--frozen-intrinsics' }],
  ['no WebAssembly trap handlers', { NODE_OPTIONS: '--disable-wasm-trap-handler' }],
];
const settings = variables.flatMap(([name, env]) =>
  (['describe', 'recommend on simd'] as const).map((command) =>
    inShell(`${command} with ${name}`, 'survived', commands[command].replace('recsys', '"$NODE" "$RECSYS"'), { env }),
  ),
);

const input = [
  inShell('standard input is closed', 'refused', 'recsys data describe - <&-'),
  inShell('standard input is empty', 'refused', 'recsys data describe - < /dev/null'),
  inShell('standard input is a folder', 'refused', 'recsys data describe - < .'),
  inShell('standard input ends in a line', 'either', 'head -c 1000 clicks.csv | recsys data describe -'),
  inShell('standard input has no end', 'refused', 'recsys data describe - < /dev/zero'),
  inShell(
    'the working directory is deleted',
    'either',
    'mkdir d; cd d; rmdir ../d; recsys data describe ../clicks.csv',
  ),
  inShell(
    'the working directory is deleted, output',
    'refused',
    'f=$PWD/clicks.csv; mkdir d; cd d; rmdir ../d; recsys data convert $f a.csv',
  ),
  inShell('umask 777', 'either', 'umask 777; recsys data convert clicks.csv a.csv'),
];

export const environmentAttacks: readonly Attack[] = [
  ...disks,
  ...outputs,
  ...closed,
  ...threads,
  ...cpus,
  ...settings,
  ...input,
];
