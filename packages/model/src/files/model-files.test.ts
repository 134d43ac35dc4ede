import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { assignWeights, modelArtifacts, savedModelMetadata } from './model-artifacts.js';
import { directoryHandler } from './model-directory.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-model-'));
afterAll(() => rmSync(root, { recursive: true }));

const catalog = letters(5);

describe('saved models', () => {
  it('come back with the same weights, configuration and item ids', async () => {
    const model = new LastItemModel({ catalog, units: 3 });
    const handler = directoryHandler(join(root, 'a'));
    await handler.save!(await modelArtifacts(model));
    const artifacts = await handler.load!();
    expect(savedModelMetadata(artifacts)).toEqual({ format: 1, model: 'LastItemModel', config: { catalog, units: 3 } });
    const other = new LastItemModel({ catalog, units: 3 });
    for (const { variable } of other.trainableWeights()) variable.assign(tf.zerosLike(variable));
    assignWeights(other, artifacts);
    expect(weightsOf(other)).toEqual(weightsOf(model));
  });

  it('load with plain tfjs over HTTP, as in a browser', async () => {
    const model = new LastItemModel({ catalog, units: 3 });
    const directory = join(root, 'b');
    await directoryHandler(directory).save!(await modelArtifacts(model));
    const server = createServer((request, response) =>
      response.end(readFileSync(join(directory, request.url!))),
    ).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const { weightData, weightSpecs } = await tf.io.http(`http://127.0.0.1:${port}/model.json`).load!();
      const weights = tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs!);
      expect(Object.keys(weights)).toEqual(['input.embeddings', 'output.embeddings']);
      expect(Object.values(weights).flatMap((weight) => [...weight.dataSync()])).toEqual(weightsOf(model));
    } finally {
      server.close();
    }
  });

  it('refuse a model of another shape and files of another program, and write nothing then', async () => {
    const artifacts = await modelArtifacts(new LastItemModel({ catalog, units: 3 }));
    const other = new LastItemModel({ catalog, units: 4 });
    const before = weightsOf(other);
    const tensors = tf.memory().numTensors;
    expect(() => assignWeights(other, artifacts)).toThrow('weight input.embeddings must have shape [6,4], got [6,3]');
    expect(weightsOf(other)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(() => savedModelMetadata({ ...artifacts, userDefinedMetadata: {} })).toThrow('not a model saved by @recsys');
  });

  it('refuse a directory with an altered file, naming it', async () => {
    const handler = directoryHandler(join(root, 'c'));
    await handler.save!(await modelArtifacts(new LastItemModel({ catalog })));
    writeFileSync(join(root, 'c', 'model.json'), '{}');
    await expect(handler.load!()).rejects.toThrow(/model\.json: has 2 bytes instead of/);
    await expect(handler.save!(await modelArtifacts(new LastItemModel({ catalog })))).rejects.toThrow('already exists');
  });

  it('are written into folders that do not exist yet', async () => {
    const model = new LastItemModel({ catalog, units: 3 });
    const handler = directoryHandler(join(root, 'missing', 'folders', 'model'));
    await handler.save!(await modelArtifacts(model));
    expect(savedModelMetadata(await handler.load!()).model).toBe('LastItemModel');
  });
});
