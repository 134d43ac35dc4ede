/** Calls of the `recsys` command in shell text. */
interface Invocation {
  /** The command, such as `train` or `data get`; empty for `recsys --help`. */
  readonly command: string;
  readonly flags: readonly string[];
}

/** Commands that have commands of their own. */
const groups = ['data'];

/** What stands before a command: nothing, settings of variables, or a program that starts another. */
const isBefore = (word: string): boolean => /^\w+=/.test(word) || ['npx', 'exec', 'pnpm'].includes(word);

/** Returns the words of one line of a shell, in which operators are words too, and comments are gone. */
const wordsIn = (line: string): string[] => {
  const words = line.match(/\s#.*$|'[^']*'|"[^"]*"|&&|\|\||[|;<>&]|[^\s|;<>&'"]+/g) ?? [];
  const comment = words.findIndex((word) => /^\s?#/.test(word));
  return comment < 0 ? words : words.slice(0, comment);
};

/** Returns the calls in a text, in order. */
export const invocationsIn = (text: string): Invocation[] =>
  text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => {
      const calls: string[][] = [[]];
      for (const word of wordsIn(line)) {
        if (/^(&&|\|\||[|;<>&])$/.test(word)) calls.push([]);
        else calls.at(-1)!.push(word);
      }
      return calls;
    })
    .flatMap((words) => {
      const start = words.findIndex((word) => !isBefore(word));
      if (words[start]?.split('/').at(-1) !== 'recsys') return [];
      const rest = words.slice(start + 1);
      const names = rest[0]?.startsWith('-') === false ? rest.slice(0, groups.includes(rest[0]) ? 2 : 1) : [];
      const flags = rest.filter((word) => /^--\w/.test(word)).map((word) => word.split('=')[0]);
      return [{ command: names.join(' '), flags }];
    });
