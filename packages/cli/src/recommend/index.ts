// `recsys recommend`: for one history, one user, or a file of histories whose output can be resumed.
export { historyOfUser, itemsIn, sequencesOfUsers } from './one-history.js';
export { addRecommendCommand } from './recommend-command.js';
