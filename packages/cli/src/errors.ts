import { type Advice, type ErrorDetails, RecsysError } from '@recsys/errors';
import { printable } from './printable.js';

/** A command line that cannot be run as it is; the process exits with 2. */
export class UsageError extends RecsysError {
  override readonly name = 'UsageError';

  constructor(code: 'usage', problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** An output that cannot be written: a full disk, no permission. What was written so far is kept, and the same command resumes it. */
export class OutputError extends RecsysError {
  override readonly name = 'OutputError';

  constructor(code: 'cannot-write', problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** Flags of library options that are not the option's name in kebab case. */
const flagsOfOptions: Readonly<Record<string, string>> = {
  columns: '--user, --item, --time',
  'columns.timestamp': '--time',
  minInteractions: '--k-core',
  seconds: '--budget',
  entry: '--entry',
};

/** How much of a message is shown: an id or a header in it may be of any length. */
const longestMessage = 2000;

/** Returns an error as the command prints it: what is wrong, and the advice as a flag. */
export const errorLine = ({ problem, advice }: RecsysError): string => {
  const text = problem.length > longestMessage ? `${problem.slice(0, longestMessage)}…` : problem;
  return printable(advice === undefined ? text : `${text} ${sentenceOf(advice)}`);
};

/** Returns advice as the command says it: `Use --on-error skip to skip such lines.` */
const sentenceOf = (advice: Advice): string => `Use ${clauseOf(advice)}.`;

const clauseOf = ({ option, value, purpose, or }: Advice): string => {
  const flag = flagsOfOptions[option] ?? `--${kebabCase(option)}`;
  const parts = value === false ? [flag.replace(/^--/, '--no-'), purpose] : [flag, quoted(value), purpose];
  const clause = parts.filter((part) => part !== undefined).join(' ');
  return or === undefined ? clause : `${clause}, or ${clauseOf(or)}`;
};

/** Returns a value as a shell takes it for one word. */
const quoted = (value: Advice['value']): Advice['value'] =>
  typeof value === 'string' && !/^[\w.:/@+-]+$/.test(value) ? `'${value.replaceAll("'", "'\\''")}'` : value;

/** Returns the flag name of an option: `on-error` for `onError`. */
export const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
