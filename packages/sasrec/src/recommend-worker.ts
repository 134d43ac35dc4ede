// What each thread of `createRecommender` runs.
import { recommendWorker } from '@recsys/model/node';
import { SASRec } from './sasrec.js';

export default recommendWorker((path) => SASRec.load(path));
