import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { letters, useTestBackend } from '../../../../test/support/models.js';
import { UsageError } from '../errors.js';
import { cli, columns, workspace } from '../test-support.js';
import { flagsOfModel } from '../train/train-options.js';
import { loadSavedModel } from './load-saved-model.js';
import { kindOf } from './own-models.js';

await useTestBackend();

const { root, data, recsys } = workspace();
const example = fileURLToPath(new URL('../../../../examples/models/gru4rec.ts', import.meta.url));

/** A folder in the repository that git ignores: from there, modules find its packages. */
const runs = fileURLToPath(new URL('../../../../runs/', import.meta.url));
mkdirSync(runs, { recursive: true });
const modules = mkdtempSync(join(runs, 'own-models-'));
afterAll(() => rmSync(modules, { recursive: true }));
const moduleOf = (name: string, content: string): string => {
  const path = join(modules, name);
  writeFileSync(path, content);
  return path;
};

const small = [
  ...columns,
  '--hidden-units',
  '8',
  '--max-length',
  '8',
  '--batch-size',
  '16',
  '--epochs',
  '3',
  '--seed',
  '3',
];
const eventOf = (run: ReturnType<typeof recsys>, name: string) => run.events().find(({ event }) => event === name);
const oneLine = (text: string) => text.trim().replace(/\n\s*/g, ' ');

describe('a model of the user', () => {
  const trained = recsys(
    'train',
    data,
    '--model',
    example,
    ...small,
    '--dropout-rate',
    '0.2',
    '--out',
    'run',
    '--json',
  );

  it('is trained with flags of its own options', () => {
    expect([trained.stderr, trained.status]).toEqual(['', 0]);
    expect(eventOf(trained, 'model')).toMatchObject({ hiddenUnits: 8, maxLength: 8, dropoutRate: 0.2, seed: 3 });
    expect(eventOf(trained, 'test').metrics['ndcg@10'].value).toBeGreaterThan(0.1);
    const { model, info } = JSON.parse(readFileSync(join(root, 'run', 'config.json'), 'utf8'));
    expect(model.name).toBe('GRU4Rec');
    expect(info.module).toEqual({
      path: relative(join(root, 'run'), example),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is evaluated, recommended from and resumed, without naming its module', () => {
    const evaluated = recsys('evaluate', 'run', '--json');
    expect([evaluated.stderr, evaluated.status]).toEqual(['', 0]);
    expect(eventOf(evaluated, 'test').metrics).toEqual(eventOf(trained, 'test').metrics);
    const recommended = recsys('recommend', 'run', '--history', 'item-1,item-2', '--k', '3', '--json');
    expect(recommended.events().filter(({ event }) => event === 'recommendation')).toHaveLength(3);
    recsys(
      'train',
      data,
      '--model',
      example,
      ...small,
      '--dropout-rate',
      '0.2',
      '--max-steps',
      '30',
      '--out',
      'stopped',
    );
    const resumed = recsys('train', '--resume', 'stopped', '--json');
    expect([resumed.stderr, resumed.status]).toEqual(['', 0]);
    expect(eventOf(resumed, 'test').metrics).toEqual(eventOf(trained, 'test').metrics);
  }, 180_000);

  it('is served by a thread that loads its module', async () => {
    const service = spawn(process.execPath, [cli, 'serve', 'run', '--port', '0', '--threads', '1', '--json'], {
      cwd: root,
    });
    let address = '';
    for await (const line of createInterface(service.stdout)) {
      const event = JSON.parse(line);
      if (event.event === 'model') expect(event).toMatchObject({ kind: 'GRU4Rec', items: 40 });
      address = event.address ?? '';
      if (address !== '') break;
    }
    const answer = await fetch(`${address}/v1/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ history: ['item-1', 'item-2'], k: 3 }),
    });
    const { items } = (await answer.json()) as { items: { item: string }[] };
    const expected = recsys('recommend', 'run', '--history', 'item-1,item-2', '--k', '3', '--json').events();
    expect(items.map(({ item }) => item)).toEqual(expected.flatMap(({ item }) => item ?? []));
    service.stdout.resume();
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([0, null]);
  }, 180_000);

  it('recommends in the studio', async () => {
    const studio = spawn(process.execPath, [cli, 'studio', 'run', '--json'], { cwd: root });
    const { value } = await createInterface(studio.stdout)[Symbol.asyncIterator]().next(); // the first line
    const { origin, searchParams } = new URL(JSON.parse(value).url);
    const headers = { authorization: `Bearer ${searchParams.get('token')}`, 'content-type': 'application/json' };
    const opened = await fetch(`${origin}/api/model?run=run`, { headers });
    expect(await opened.json()).toMatchObject({ kind: 'GRU4Rec', items: 40 });
    const list = { run: 'run', history: ['item-1', 'item-2'], k: 3 };
    const answer = await fetch(`${origin}/api/list`, { method: 'POST', headers, body: JSON.stringify(list) });
    const expected = recsys('recommend', 'run', '--history', 'item-1,item-2', '--k', '3', '--json').events();
    expect(await answer.json()).toMatchObject({ items: expected.flatMap(({ item }) => (item ? [{ item }] : [])) });
    studio.kill('SIGTERM');
    expect(await once(studio, 'exit')).toEqual([0, null]);
  }, 180_000);

  /** Copies the run to where its module is not, or is another one. */
  const copied = (folder: string, module?: object): string => {
    const run = join(root, folder, 'deep', 'run');
    cpSync(join(root, 'run'), run, { recursive: true });
    const { info, ...config } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    const own = { ...info, module: { ...info.module, ...module } };
    writeFileSync(join(run, 'config.json'), JSON.stringify({ ...config, info: own }));
    return run;
  };
  const remarks: string[] = [];
  const load = (path: string, module?: string) => loadSavedModel(path, (remark) => remarks.push(remark), module);

  it('is found again by --model when its module has moved, and a changed one is remarked', async () => {
    const moved = moduleOf('moved.ts', readFileSync(example, 'utf8'));
    const run = copied('elsewhere');
    await expect(load(run)).rejects.toMatchObject({
      message: expect.stringMatching(/gru4rec\.ts, the module of the model of .* does not exist\./),
      advice: { option: 'model' },
    });
    expect((await load(run, moved)).config).toMatchObject({ hiddenUnits: 8 });
    const [checkpoint] = readdirSync(join(run, 'checkpoints')).slice(-1);
    await expect(load(join(run, 'checkpoints', checkpoint))).rejects.toThrow(
      'holds a GRU4Rec, which is none of sasrec, hstu. Name the module that defines it by --model FILE.',
    );
    await expect(load(run, 'sasrec')).rejects.toThrow('holds a GRU4Rec, and --model sasrec is SASRec');
    expect(remarks).toEqual([]);
    const changed = copied('changed', {
      path: relative(join(root, 'changed', 'deep', 'run'), moved),
      sha256: 'another',
    });
    await load(changed);
    expect(remarks).toEqual([expect.stringMatching(/moved\.ts has changed since .* was trained with it/)]);
  });

  it('is not loaded unasked from the run directory, nor if it defines no model', async () => {
    const planted = copied('planted', { path: 'evil.ts' });
    copyFileSync(example, join(planted, 'evil.ts'));
    await expect(load(planted)).rejects.toThrow('is in the run directory, and is not loaded unasked');
    const other = moduleOf('other.ts', "throw new Error('this has run');");
    const path = relative(join(root, 'gadget', 'deep', 'run'), other);
    await expect(load(copied('gadget', { path }))).rejects.toThrow('defines no model');
  });

  it('shows its options in the help, and takes no others', () => {
    const help = recsys('train', '--model', example, '--help').stdout.replace(/\s+/g, ' ');
    expect(help).toContain('--hidden-units <n> width of the embedding and of the state, >= 1 (default 64)');
    expect(help).not.toContain('--num-blocks');
    const { stderr, status } = recsys('train', data, '--model', example, '--num-blocks', '2');
    expect([stderr, status]).toEqual([expect.stringContaining("unknown option '--num-blocks'"), 2]);
    expect(recsys('train', data, '--model', 'none.ts')).toMatchObject({
      stderr: 'recsys: none.ts: no such file\n',
      status: 2,
    });
  });

  const imports = "import { defineModel } from '@recsys/model'; import { z } from 'zod';";
  /** What `recsys train --model` does before it reads data. */
  const prepared = async (path: string) => {
    const kind = await kindOf(path);
    flagsOfModel(kind);
    return kind.create({ catalog: letters(3), seed: 1 });
  };
  it.each([
    ['none.ts', undefined, 'none.ts: no such file'],
    [
      'plain.mjs',
      'export const model = 1;',
      'plain.mjs: has no default export; write export default defineModel({ … })',
    ],
    ['other.mjs', 'export default class {}', 'other.mjs: its default export is no model'],
    ['broken.ts', 'const x: number = ;', 'broken.ts: cannot be loaded: '],
    ['throws.mjs', "throw new Error('not today');", 'throws.mjs: cannot be loaded: not today'],
    [
      'named.ts',
      `${imports} export default defineModel({ name: 'A', options: z.strictObject({ epochs: z.int() }), create: () => ({}) as never });`,
      'named.ts: option epochs has the name of a flag, --epochs; rename it',
    ],
    [
      'misnamed.ts',
      `${imports} import { GRU4Rec } from '../../examples/models/gru4rec.js';
       export default defineModel({ name: 'A', options: z.strictObject({}), create: (own) => new GRU4Rec({ ...own, hiddenUnits: 4 }) });`,
      "misnamed.ts: its definition is named A, and create makes a GRU4Rec; give the class: readonly modelName = 'A'",
    ],
  ])('%s is refused in one line', async (name, content, message) => {
    const path = content === undefined ? join(modules, name) : moduleOf(name, content);
    const problem = await prepared(path).catch((error) => error);
    expect(problem).toBeInstanceOf(UsageError);
    expect(problem.message).toContain(message);
    expect(problem.message).not.toContain('\n');
  });

  it('needs a path, and is not for recsys tune', async () => {
    await expect(kindOf('gru')).rejects.toThrow(
      '--model must be one of sasrec, hstu, or a module such as ./my-model.ts, got "gru"',
    );
    const tuned = recsys('tune', data, ...columns, '--model', example);
    expect([oneLine(tuned.stderr), tuned.status]).toEqual([
      expect.stringContaining('Allowed choices are sasrec, hstu'),
      2,
    ]);
  });
});
