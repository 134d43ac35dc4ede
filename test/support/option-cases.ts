import { itemIds } from '@recsys/data';

const numbers = [-1, 0, 0.5, 1, 3, 1000, 1001, 2 ** 60, -(2 ** 60), Number.NaN, Number.POSITIVE_INFINITY];
const others = [true, false, null, [], {}, 3n, undefined];

/**
 * Returns options of a model to try its checks with: each option with values of all kinds, and values that are no options.
 * @param names of the options.
 * @param words values that some option may take.
 */
export const optionCases = (names: readonly string[], words: readonly string[]): unknown[] => {
  const catalog = itemIds(['a']);
  const wholes = [
    undefined,
    null,
    'a',
    [],
    {},
    { catalog, epochs: 1 },
    { epochs: 1, maxLength: 0 },
    { catalog: itemIds([]) },
  ];
  const values = [...numbers, ...words, ...others];
  return [...names.flatMap((name) => values.map((value) => ({ catalog, [name]: value }))), ...wholes];
};

/** Returns the result of a function, or the message of its error. */
export const resultOf = (resolve: () => unknown): unknown => {
  try {
    return resolve();
  } catch (error) {
    return (error as Error).message;
  }
};
