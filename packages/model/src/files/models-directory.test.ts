import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { modelArtifacts } from './model-artifacts.js';
import { ModelsDirectory } from './models-directory.js';
import { savedModelDirectory } from './run-layout.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-models-'));
afterAll(() => rmSync(root, { recursive: true }));

let artifacts: Awaited<ReturnType<typeof modelArtifacts>>;
beforeAll(async () => {
  artifacts = await modelArtifacts(new LastItemModel({ catalog: letters(5), units: 2 }));
});

const newFolder = () => join(mkdtempSync(join(root, 'case-')), 'models');

/** Opens a folder for some work. */
const within = async <T>(path: string, work: (models: ModelsDirectory) => Promise<T>): Promise<T> => {
  const models = await ModelsDirectory.open(path);
  try {
    return await work(models);
  } finally {
    await models.release();
  }
};

/** Returns a folder with some versions. */
const withVersions = async (count: number): Promise<string> => {
  const path = newFolder();
  await within(path, async (models) => {
    for (let i = 1; i <= count; i++) await models.publish(artifacts, { night: i });
  });
  return path;
};

const damage = (path: string, version: string) => writeFileSync(join(path, version, 'weights.bin'), 'x');

describe('ModelsDirectory', () => {
  it('publishes versions, each of which replaces the one before', async () => {
    const path = newFolder();
    await within(path, async (models) => {
      expect(await models.current()).toBeUndefined();
      expect(await models.publish(artifacts, { night: 1 })).toEqual({
        name: 'version-000001',
        directory: join(path, 'version-000001'),
        replaces: null,
        about: { night: 1 },
      });
      await models.publish(artifacts);
      expect(await models.current()).toMatchObject({ name: 'version-000002', replaces: 'version-000001', about: {} });
    });
    expect(await savedModelDirectory(path)).toBe(join(path, 'version-000002'));
    expect(readdirSync(path).sort()).toEqual(['current.json', 'version-000001', 'version-000002']);
  });

  it('is for one process at a time', async () => {
    const path = await withVersions(1);
    await within(path, async () => {
      await expect(ModelsDirectory.open(path)).rejects.toMatchObject({ code: 'in-use' });
    });
    await within(path, async (models) => expect((await models.current())?.name).toBe('version-000001'));
  });

  it('is no run and no saved model', async () => {
    const path = await withVersions(1);
    await expect(ModelsDirectory.open(join(path, 'version-000001'))).rejects.toMatchObject({ code: 'other-run' });
  });

  it('rolls back version by version, and gives the next one a new number', async () => {
    const path = await withVersions(3);
    await within(path, async (models) => {
      expect((await models.rollBack()).name).toBe('version-000002');
      expect((await models.rollBack()).name).toBe('version-000001');
      await expect(models.rollBack()).rejects.toMatchObject({ code: 'no-run' });
    });
    await within(path, async (models) => {
      expect((await models.current())?.name).toBe('version-000001'); // what was taken back stays so
      expect(await models.publish(artifacts)).toMatchObject({ name: 'version-000004', replaces: 'version-000001' });
    });
    await within(newFolder(), (models) => expect(models.rollBack()).rejects.toMatchObject({ code: 'no-run' }));
  });

  it('rolls back from a damaged version, but not to one', async () => {
    const path = await withVersions(3);
    damage(path, 'version-000003');
    await within(path, async (models) => {
      await expect(models.current()).rejects.toMatchObject({ code: 'damaged' });
      expect((await models.rollBack()).name).toBe('version-000002');
      damage(path, 'version-000001');
      await expect(models.rollBack()).rejects.toMatchObject({ code: 'damaged' });
      expect((await models.current())?.name).toBe('version-000002');
    });
  });

  it('keeps the newest versions, the current one and the one before it', async () => {
    const path = await withVersions(6);
    await within(path, async (models) => {
      expect(await models.prune(5)).toEqual(['version-000001']);
      for (let i = 0; i < 3; i++) await models.rollBack();
      expect((await models.current())?.name).toBe('version-000003');
      expect(await models.prune(1)).toEqual(['version-000005', 'version-000004']);
      expect(await models.names()).toEqual(['version-000006', 'version-000003', 'version-000002']);
    });
    expect(readdirSync(path).sort()).toEqual(['current.json', 'version-000002', 'version-000003', 'version-000006']);
  });

  it('makes a version current that was written by a process that was killed, unless it is damaged', async () => {
    const path = await withVersions(3);
    const pointer = join(path, 'current.json');
    writeFileSync(pointer, JSON.stringify({ format: 1, version: 'version-000001', newest: 1 }));
    damage(path, 'version-000003');
    mkdirSync(join(path, '.partial-version-000004-x'));
    await within(path, async (models) => {
      expect((await models.current())?.name).toBe('version-000002');
      expect((await models.publish(artifacts)).name).toBe('version-000004');
    });
    unlinkSync(pointer); // the newest whole version is found without it
    await within(path, async (models) => expect((await models.current())?.name).toBe('version-000004'));
    expect(JSON.parse(readFileSync(pointer, 'utf8'))).toEqual({ format: 1, version: 'version-000004', newest: 4 });
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each([
    ['is cut short', '{"format":1'],
    ['leads out of the folder', JSON.stringify({ format: 1, version: '../version-000001', newest: 1 })],
    ['is of another format', JSON.stringify({ format: 2, version: 'version-000001', newest: 1 })],
  ])('refuses a current.json that %s', async (_, content) => {
    const path = await withVersions(1);
    writeFileSync(join(path, 'current.json'), content);
    await expect(savedModelDirectory(path)).rejects.toMatchObject({ code: 'damaged' });
    await expect(ModelsDirectory.open(path)).rejects.toMatchObject({ code: 'damaged' });
    expect(readdirSync(path).sort()).toEqual(['current.json', 'version-000001']); // the lock is released
  });
});
