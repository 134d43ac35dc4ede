/** Trains the model of the home page's demo on the simulated shop of `examples/browser`, and writes it where the site serves it. */
import { fileURLToPath } from 'node:url';
import { selectBackend } from '@recsys/model';
import { trainModel } from '../../examples/browser/shop.ts';

await selectBackend();
const { model, result } = await trainModel({ epochs: 20 });
await model.save(fileURLToPath(new URL('../../docs/public/demo', import.meta.url)), { overwrite: true });
console.log(`the demo's model: NDCG@10 ${result.best!.value.toFixed(3)} in validation`);
