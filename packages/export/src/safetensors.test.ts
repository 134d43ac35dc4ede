import { HSTU } from '@recsys/hstu';
import { modelArtifacts, selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { describe, expect, it } from 'vitest';
import { fromSafetensors, toSafetensors } from './index.js';
import { cases, ids, randomModel } from './test-models.js';

await selectBackend();

const options = Object.fromEntries(cases);

/** Returns a file with another header. */
const withHeader = (file: Uint8Array, change: (header: Record<string, object>) => object): Uint8Array => {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const text = new TextEncoder().encode(JSON.stringify(change(header)));
  const changed = new Uint8Array(8 + text.length + file.length - 8 - length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
  changed.set(text, 8);
  changed.set(file.subarray(8 + length), 8 + text.length);
  return changed;
};

describe('safetensors', () => {
  it.each(['paper', 'features'])('bring back a model with %s, to the bit', async (name) => {
    const model = randomModel(options[name]);
    const file = await toSafetensors(model);
    expect(new DataView(file.buffer).getBigUint64(0, true) % 8n).toBe(0n);
    const loaded = await SASRec.load<string>({ load: async () => fromSafetensors(file) });
    const history = [ids[0], ids[5]];
    expect(loaded.recommend(history)).toEqual(model.recommend(history));
    expect(await toSafetensors(loaded)).toEqual(file);
    await expect(HSTU.load({ load: async () => fromSafetensors(file) })).rejects.toThrow();
  });

  it('hold an HSTU too', async () => {
    const hstu = new HSTU<string>({ catalog: randomModel({}).config.catalog, hiddenUnits: 4 });
    const file = await toSafetensors(hstu);
    const loaded = await HSTU.load<string>({ load: async () => fromSafetensors(file) });
    const [{ weightData }, saved] = await Promise.all([hstu, loaded].map((model) => modelArtifacts(model)));
    expect(saved.weightData).toEqual(weightData);
  });

  it('are refused when they are damaged', async () => {
    const file = await toSafetensors(randomModel({}));
    const name = 'block0.ffn.inner.bias';
    const tensor = (change: object) => withHeader(file, (h) => ({ ...h, [name]: { ...h[name], ...change } }));
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(3), /has 3 bytes, fewer than the length of its header/],
      [file.subarray(0, 100), /has 100 bytes, fewer than its header/],
      [file.subarray(0, file.length - 4), /is at bytes/],
      [new Uint8Array([...file, 0]), /bytes of weights; its header describes/],
      [withHeader(file, () => []), /has no header/],
      [withHeader(file, ({ __metadata__: _, ...rest }) => rest), /has no model of this library/],
      [withHeader(file, (h) => ({ ...h, __metadata__: { recsys: '{' } })), /its header is no JSON/],
      [tensor({ dtype: 'F16' }), /must be F32 or I32, got F16/],
      [tensor({ dtype: 'constructor' }), /must be F32 or I32, got constructor/],
      [tensor({ shape: [-12] }), /has no shape/],
      [tensor({ data_offsets: [0] }), /has no data_offsets/],
      [tensor({ shape: [13] }), /of shape \[13\] is at bytes/],
      [tensor({ data_offsets: [0, 48] }), /begins at byte 0, and not at/],
    ];
    for (const [bytes, message] of cases) {
      expect(() => fromSafetensors(bytes)).toThrow(message);
      expect(() => fromSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'damaged' }));
    }
  });
});
