/**
 * Helpers for kernels: vectors, random bits, products and transposes of matrices, and the constants shared with
 * TypeScript.
 */
export { Bytes, ELEMENT_BLOCK, Flag, Optional, TOKEN_BLOCK, TOKENS_AT_ONCE, ZEROS } from './layout';
export { addOuter, multiply, multiplyTransposed, product, productTransposed } from './multiply';
export { childKey, dropElements, dropRange, keeps8 } from './random';
export { logOfSum, softmaxTerm, softplusTerms, sumVectors, vectorOf } from './terms';
export { transposeInto } from './transpose';
export {
  dot,
  exp4,
  laneMask,
  logarithm,
  madd,
  maxLanes,
  sigmoid4,
  storeLanes,
  sumLanes,
  TILE_ROWS,
} from './vector';
