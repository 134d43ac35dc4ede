import { UsageError } from './errors.js';

/**
 * Returns an optional package.
 * @param purpose what needs it, as the start of a sentence: `reading a prepared directory`.
 * @throws {UsageError} when it is not installed, or cannot be loaded.
 */
export const loadOptional = async <Package>(
  name: string,
  purpose: string,
  load: () => Promise<Package>,
): Promise<Package> => {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const problem = isMissing
      ? `${purpose} needs the package ${name}, which is not installed. Install it with: npm install ${name}`
      : `${purpose} needs the package ${name}, which cannot be loaded: ${(cause as Error).message}`;
    throw new UsageError('usage', problem, { cause });
  }
};
