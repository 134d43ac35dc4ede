/** A run directory, checkpoint or saved model that cannot be used, with the file in the message. */
export class CheckpointError extends Error {
  override readonly name: string = 'CheckpointError';
}
