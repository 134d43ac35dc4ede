// Vectors of items and of users, as other stores and libraries read them.
export { toFvecs, toNpy } from './formats.js';
export { itemVectors, userVectors, type Vectors } from './vectors.js';
