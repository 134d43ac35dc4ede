/** The first values of a source, and all of them, the first included. */
interface Peeked<T> {
  readonly first: readonly T[];
  readonly all: AsyncGenerator<T, void, undefined>;
}

/**
 * Takes values from a source until it has seen enough, or the source ends.
 *
 * @param isEnough called with each value as it is taken.
 */
export const peek = async <T>(
  values: AsyncIterable<T> | Iterable<T>,
  isEnough: (value: T) => boolean,
): Promise<Peeked<T>> => {
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  const first: T[] = [];
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
    if (isEnough(value)) break;
  }
  return { first, all: rejoin(first, iterator) };
};

/** Yields values that were taken from an iterator, then the rest of it, which is closed when the reader stops. */
export async function* rejoin<T>(
  taken: readonly T[],
  iterator: AsyncIterator<T> | Iterator<T>,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* taken;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
