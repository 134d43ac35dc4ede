// The errors of all packages, and the option checks that throw them. No dependencies.
export { assertInteger, assertKnownOptions, assertRange } from './assertions.js';
export {
  booleanRule,
  integerRule,
  type NumberRange,
  numberRule,
  type OptionRule,
  oneOfRule,
  schemaOfRules,
} from './option-rules.js';
export { type OptionSchema, parseOptions } from './parse-options.js';
export { type Advice, type ErrorDetails, RecsysError } from './recsys-error.js';
