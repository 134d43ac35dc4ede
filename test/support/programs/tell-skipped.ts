/** Says why tests are skipped, in a test run alone: scripts load the same modules to know the kinds of faults. */
export const tellSkipped = (what: string, reason: string | undefined): void => {
  if (reason !== undefined && process.env.VITEST) console.warn(`Tests of ${what} are skipped: ${reason}`);
};
