import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { itemIds } from '@recsys/data';
import { exportOnnx } from '@recsys/export/node';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { afterAll, describe, expect, it } from 'vitest';

const { PYTHON = 'python3' } = process.env;
const hasRuntime = spawnSync(PYTHON, ['-c', 'import onnxruntime, numpy']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'recsys-python-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe(`examples/python/serve_onnx.py${hasRuntime ? '' : `, skipped: ${PYTHON} has no onnxruntime`}`, () => {
  it.skipIf(!hasRuntime)('recommends what the model does', async () => {
    await selectBackend();
    const ids = Array.from({ length: 50 }, (_, i) => (i + 1) * 3);
    const model = new SASRec({ catalog: itemIds(ids), maxLength: 5, hiddenUnits: 16, wiring: 'pre-norm' });
    const path = join(folder, 'movies.onnx');
    await exportOnnx(model, path);
    const script = fileURLToPath(new URL('../examples/python/serve_onnx.py', import.meta.url));
    const server = spawn(PYTHON, [script, path, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [address] = await once(server.stdout, 'data');
      const ask = async (body: unknown) => {
        const response = await fetch(`${String(address).trim()}/recommend`, {
          method: 'POST',
          body: JSON.stringify(body),
        });
        return { status: response.status, body: (await response.json()) as Record<string, never> };
      };
      for (const history of [[3], [9, 12, 15, 18, 21, 24, 27]]) {
        const own = model.recommend(history, { k: 5 });
        const { status, body } = await ask({ history, k: 5 });
        const items: typeof own = body.items;
        expect(status).toBe(200);
        expect(items.map(({ item }) => item)).toEqual(own.map(({ item }) => item));
        items.forEach(({ score }, i) => {
          expect(Math.abs(score - own[i].score)).toBeLessThan(1e-5);
        });
      }
      expect((await ask({ history: [3], k: 50 })).body.items).toHaveLength(49);
      const unknown = await ask({ history: ['other'] });
      expect([unknown.status, unknown.body]).toEqual([400, { error: 'a history has no item that the model knows' }]);
      expect((await ask({ history: [3], k: 0 })).status).toBe(400);
      expect((await ask([])).status).toBe(400);
    } finally {
      server.kill();
    }
  });
});
