import { DataError } from '../errors.js';

/** An import that bundlers leave alone: an optional package need not be there, and its native files cannot be bundled. */
const importOptional = (name: string): Promise<unknown> => import(/* @vite-ignore */ name);

/**
 * Returns an optional package.
 *
 * @param load imports it.
 * @throws {DataError} `not-installed` if it is not there.
 */
export const loadDriver = async <Driver>(
  name: string,
  purpose: string,
  load: () => Promise<Driver> = () => importOptional(name) as Promise<Driver>,
): Promise<Driver> => {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const problem = isMissing
      ? `${purpose} needs the package ${name}, which is not installed. Install it with: npm install ${name}`
      : `${purpose} needs the package ${name}, which cannot be loaded: ${(cause as Error).message}`;
    throw new DataError('not-installed', problem, { cause });
  }
};

/** @throws {DataError} on two columns of one name: a row has one value for a name, so the other would be lost. */
export const assertDistinctNames = (database: string, names: readonly string[]): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError(
      'query-failed',
      `${database}: the query has two columns named ${JSON.stringify(twice)}; give one another name by AS`,
    );
};
