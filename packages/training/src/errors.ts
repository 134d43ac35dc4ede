/** Training, evaluation or recommendation that cannot go on, with the place and the value in the message. */
export class TrainingError extends Error {
  override readonly name: string = 'TrainingError';
}
