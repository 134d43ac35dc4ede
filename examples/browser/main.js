/**
 * A page that loads a saved model and recommends, with no server behind it: `pnpm example:browser` builds and serves it.
 */
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import * as tf from '@tensorflow/tfjs-core';

const form = document.querySelector('form');
const list = document.querySelector('ol');
const status = document.querySelector('[role=status]');

const { backend, threads, threadsNote } = await selectBackend();
const model = await SASRec.load(tf.io.http('model/model.json')); // the folder that model.save() wrote

const show = () => {
  const history = form.elements.history.value.split(',').map((id) => id.trim());
  const unknown = [];
  try {
    const items = model.recommend(history, { k: 5, onUnknownItems: (ids) => unknown.push(...ids) });
    list.replaceChildren(
      ...items.map(({ item }) => Object.assign(document.createElement('li'), { textContent: item })),
    );
    status.textContent = unknown.length > 0 ? `not in the catalog: ${unknown.join(', ')}` : '';
  } catch (error) {
    list.replaceChildren();
    status.textContent = error.message;
  }
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  show();
});
show();
console.log(`${backend}, ${threads} threads${threadsNote === undefined ? '' : `: ${threadsNote}`}`);
