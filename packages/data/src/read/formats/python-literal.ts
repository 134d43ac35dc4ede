/** Deepest nesting of brackets that is parsed. */
const deepest = 100;

/**
 * Returns the value of a Python literal as `repr` writes it: dicts, lists, tuples, strings (also `u''`), numbers, True, False and None. Nothing is
 * evaluated. Tuples become arrays, and integers that a number cannot hold become bigints. `'\xe9'`, which may be a byte or a letter in Python, is
 * read as the letter.
 *
 * @throws {SyntaxError} on anything else. The message has the column, from 1.
 */
export const parsePythonLiteral = (text: string): unknown => {
  let at = 0;
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at column ${at + 1}`);
  };
  const skipSpace = (): void => {
    while (text[at] === ' ' || text[at] === '\t') at += 1;
  };
  const matchHere = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const take = (pattern: RegExp): string | undefined => {
    const found = matchHere(pattern)?.[0];
    at += found?.length ?? 0;
    return found;
  };

  const value = (depth: number): unknown => {
    if (depth > deepest) fail(`brackets nested more than ${deepest} deep`);
    skipSpace();
    const first = text[at];
    if (first === '{') return Object.fromEntries(listed('}', () => entry(depth + 1)));
    if (first === '[') return listed(']', () => value(depth + 1));
    if (first === '(') return listed(')', () => value(depth + 1));
    if (startsString()) return string();
    const number = take(numbers);
    if (number !== undefined) return numberOf(number);
    const word = take(words);
    return word === undefined ? fail(at < text.length ? 'expected a literal' : 'unexpected end') : constants[word];
  };

  const listed = <T>(close: string, element: () => T): T[] => {
    const elements: T[] = [];
    at += 1;
    for (;;) {
      skipSpace();
      if (text[at] === close) break;
      elements.push(element());
      skipSpace();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`expected "," or "${close}"`);
      at += 1;
    }
    at += 1;
    return elements;
  };

  const entry = (depth: number): [string, unknown] => {
    const key = value(depth);
    if (typeof key !== 'string' && typeof key !== 'number') return fail('expected a string or number as a key');
    skipSpace();
    if (text[at] !== ':') fail('expected ":"');
    at += 1;
    return [String(key), value(depth)];
  };

  const startsString = (): boolean => {
    const quote = text[at] === 'u' || text[at] === 'U' ? text[at + 1] : text[at];
    return quote === "'" || quote === '"';
  };

  const string = (): string => {
    if (text[at] === 'u' || text[at] === 'U') at += 1;
    const quote = text.charCodeAt(at);
    at += 1;
    let result = '';
    let start = at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        result += text.slice(start, at);
        at += 1;
        return result;
      }
      if (code !== 92) continue;
      result += text.slice(start, at) + escaped();
      start = at + 1;
    }
    return fail('unterminated string');
  };

  /** Returns the character of an escape, and moves to the end of the escape. */
  const escaped = (): string => {
    const [whole, hex, octal, letter] = matchHere(escapes) ?? fail('unknown escape');
    if (hex === undefined && octal === undefined) {
      at += 1;
      return plainEscapes[letter!];
    }
    const code = hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex.slice(1), 16);
    if (code > 0x10ffff) fail('not a Unicode character');
    at += whole!.length - 1;
    return String.fromCodePoint(code);
  };

  const result = value(0);
  skipSpace();
  return at === text.length ? result : fail('unexpected text after the literal');
};

const numbers = /[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?L?(?![\w.])/y;
const words = /(?:True|False|None)(?!\w)/y;
const constants: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

const numberOf = (written: string): number | bigint => {
  const digits = written.replace(/L$/, '');
  const number = Number(digits);
  return /[.eE]/.test(digits) || Number.isSafeInteger(number) ? number : BigInt(digits);
};

const escapes = /\\(?:(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})|([0-7]{1,3})|([\\'"abfnrtv]))/y;
const plainEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
