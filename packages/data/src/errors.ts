/** Interactions, sequences or options that cannot be used, with the place and the value in the message. */
export class DataError extends Error {
  override readonly name: string = 'DataError';
}
