// What each thread of `createRecommender` runs.
import { recommendWorker } from '@recsys/model/node';
import { HSTU } from './hstu.js';

export default recommendWorker((path) => HSTU.load(path));
