import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { loadModel, saveModel } from './save-model.js';
import { writeVerifiedDirectory } from './verified-directory.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-hostile-'));
afterAll(() => rmSync(root, { recursive: true }));

const catalog = letters(5);
const create = (config: { catalog: typeof catalog }) => new LastItemModel(config);

/** Returns a new saved model. */
const saved = async (): Promise<string> => {
  const path = join(mkdtempSync(join(root, 'case-')), 'model');
  await saveModel(new LastItemModel({ catalog, units: 2 }), path);
  return path;
};

describe('a saved model from a stranger', () => {
  it.each(['weights.bin', 'model.json', 'checksums.json'])('is refused when %s never ends', async (file) => {
    for (const replace of [
      (path: string) => symlinkSync('/dev/zero', path),
      (path: string) => spawnSync('mkfifo', [path]),
      (path: string) => mkdirSync(path),
    ]) {
      const path = await saved();
      rmSync(join(path, file));
      replace(join(path, file));
      await expect(loadModel(path, create)).rejects.toThrow(`${file}: is not a regular file`);
    }
  });

  it.each([
    ['not JSON', '{"format', 'model.json: is not JSON; the file is damaged'],
    ['null', 'null', 'model.json: Invalid input'],
    ['without a manifest', '{}', 'model.json: weightsManifest '],
    ['without weights', '{"weightsManifest":[{}]}', 'model.json: weightsManifest.0.weights '],
    [
      'with a shape of text',
      '{"weightsManifest":[{"weights":[{"name":"a","shape":["b"],"dtype":"float32"}]}]}',
      '.shape.0 ',
    ],
  ])('is a CheckpointError when its model.json, with the right checksum, is %s', async (_, content, message) => {
    const path = join(mkdtempSync(join(root, 'case-')), 'model');
    await writeVerifiedDirectory(path, { 'model.json': content, 'weights.bin': new Uint8Array(8) });
    await expect(loadModel(path, create)).rejects.toThrow(
      expect.objectContaining({
        name: 'CheckpointError',
        code: 'damaged',
        message: expect.stringContaining(message.startsWith('.') ? message : join(path, message)),
      }),
    );
  });

  it('is refused when the weights are not as long as their shapes say', async () => {
    const weights = [{ name: 'input.embeddings', shape: [6, 2], dtype: 'float32' }];
    const recsys = { format: 1, model: 'LastItemModel', config: { catalog, units: 2 } };
    const path = join(mkdtempSync(join(root, 'case-')), 'model');
    const model = JSON.stringify({ weightsManifest: [{ weights }], userDefinedMetadata: { recsys } });
    await writeVerifiedDirectory(path, { 'model.json': model, 'weights.bin': new Uint8Array(8) });
    await expect(loadModel(path, create)).rejects.toThrow(
      expect.objectContaining({ name: 'ModelError', code: 'bad-weights' }),
    );
  });

  it.each([
    ['more bytes than the weights need', 'float32', 52, 'the weights have 52 bytes, more than the 48 needed'],
    ['weights of another type', 'int32', 48, 'weight input.embeddings must be float32, got int32'],
  ])('is refused with %s', async (_, dtype, bytes, message) => {
    const weights = [{ name: 'input.embeddings', shape: [6, 2], dtype }];
    const recsys = { format: 1, model: 'LastItemModel', config: { catalog, units: 2 } };
    const path = join(mkdtempSync(join(root, 'case-')), 'model');
    const model = JSON.stringify({ weightsManifest: [{ weights }], userDefinedMetadata: { recsys } });
    await writeVerifiedDirectory(path, { 'model.json': model, 'weights.bin': new Uint8Array(bytes) });
    await expect(loadModel(path, create)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-weights', message: expect.stringContaining(message) }),
    );
  });

  it('tells `create` how many weights there are', async () => {
    let counted = 0;
    await loadModel(await saved(), (config: { catalog: typeof catalog }, { numWeights }) => {
      counted = numWeights;
      return create(config);
    });
    expect(counted).toBe(2 * 6 * 2);
    await expect(loadModel(await saved(), create, { onDamage: () => {} } as object)).rejects.toThrow(
      'loadModel: unknown option onDamage',
    );
  });

  it('is refused when checksums.json is larger than any real one', async () => {
    const path = await saved();
    writeFileSync(join(path, 'checksums.json'), Buffer.alloc(2 ** 24 + 1));
    await expect(loadModel(path, create)).rejects.toThrow('checksums.json: has 16777217 bytes; the file is damaged');
  });
});
