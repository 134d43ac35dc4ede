import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Rng, readInteractions, writeInteractions } from '@recsys/data';
import { strToU8, zipSync } from 'fflate';
import type { Attack, Attempt, Room } from './attack.ts';
import { type Answer, startServer } from './hostile-server.ts';

/** An attack by a file that `recsys data describe` reads. */
const onFile = (
  name: string,
  file: string,
  outcome: Attack['outcome'],
  content: string | Uint8Array | (() => string | Uint8Array | Promise<Uint8Array>),
  { says, flags = [] }: { says?: RegExp; flags?: readonly string[] } = {},
): Attack => ({
  name: `${name} (${file})`,
  outcome,
  ...(says === undefined ? {} : { says }),
  prepare: async ({ folder }): Promise<Attempt> => {
    writeFileSync(join(folder, file), typeof content === 'function' ? await content() : content);
    return { run: ['data', 'describe', file, ...flags] };
  },
});

const header = 'user,item,timestamp\n';
const megabytes = 2 ** 20;
const long = (length: number) => 'a'.repeat(length);
const skip = { flags: ['--on-error', 'skip'] };
const gzipped = (make: () => string) => () => gzipSync(make());

const longLines: readonly Attack[] = [
  onFile('a line of 64 MB', 'a.txt', 'refused', () => `u i\nu ${long(64 * megabytes)}\n`, {
    says: /line of more than/,
  }),
  onFile('a line of 64 MB, skipped', 'a.txt', 'refused', () => `u i\nu ${long(64 * megabytes)}\n`, skip),
  onFile('a line of 64 MB', 'a.csv', 'refused', () => `${header}u,${long(64 * megabytes)},1\n`),
  onFile('a line of 64 MB', 'a.tsv', 'refused', () => `user\titem\nu\t${long(64 * megabytes)}\n`),
  onFile('a line of 64 MB', 'a.jsonl', 'refused', () => `{"user":"u","item":"${long(64 * megabytes)}"}\n`),
  onFile(
    'a line of 64 MB',
    'a.txt.gz',
    'refused',
    gzipped(() => `u i\nu ${long(64 * megabytes)}\n`),
  ),
  onFile(
    'a line of 64 MB',
    'a.csv.gz',
    'refused',
    gzipped(() => `${header}u,${long(64 * megabytes)},1\n`),
  ),
  onFile(
    'a line of 64 MB',
    'a.jsonl.gz',
    'refused',
    gzipped(() => `{"user":"u","item":"${long(64 * megabytes)}"}\n`),
  ),
  onFile('64 MB of zeros', 'a.csv', 'refused', () => new Uint8Array(64 * megabytes)),
  onFile('64 MB of line breaks', 'a.txt', 'refused', () => '\n'.repeat(64 * megabytes)),
  onFile(
    '64 MB of line breaks',
    'a.csv.gz',
    'refused',
    gzipped(() => `${header}${'\n'.repeat(64 * megabytes)}`),
  ),
  onFile('a header of a million columns', 'a.csv', 'refused', () => `${Array(1e6).fill('c').join()}\n1,2\n`),
  onFile('a row of a million columns', 'a.csv', 'either', () => `${header}${Array(1e6).fill('1').join()}\n`),
  onFile(
    'a row of a million columns, skipped',
    'a.csv',
    'survived',
    () => `${header}u,i,1\n${','.repeat(1e6)}\n`,
    skip,
  ),
  onFile('a line of a million fields', 'a.txt', 'refused', () => `u i\n${'x '.repeat(1e6)}\n`),
  onFile('a header of 10 MB', 'a.csv', 'refused', () => `${long(10 * megabytes)},item\n1,2\n`),
  onFile('a time of 10 MB', 'a.csv', 'refused', () => `${header}u,i,${long(10 * megabytes)}\n`),
  onFile('an id of 10 MB', 'a.csv', 'either', () => `${header}${long(10 * megabytes)},i,1\n`),
  onFile('an unclosed quote before 32 MB', 'a.csv', 'refused', () => `${header}"u,i,1\n${'u,i,1\n'.repeat(5e6)}`),
  onFile('quotes within quotes', 'a.csv', 'either', `${header}${'""'.repeat(5e5)},i,1\n`),
  onFile('a quote in an unquoted field', 'a.csv', 'refused', `${header}u"x,i,1\n`),
];

const deep = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const json: readonly Attack[] = [
  onFile('an id of 200,000 nested arrays', 'a.jsonl', 'refused', `{"user":${deep(2e5, '[', ']')},"item":"i"}\n`),
  onFile(
    'an id of 200,000 nested arrays, skipped',
    'a.jsonl',
    'refused',
    `{"user":${deep(2e5, '[', ']')},"item":"i"}\n`,
    skip,
  ),
  onFile('5 million open brackets', 'a.jsonl', 'refused', '['.repeat(5e6)),
  onFile('100,000 nested objects', 'a.jsonl', 'refused', `${'{"user":'.repeat(1e5)}1${'}'.repeat(1e5)}\n`),
  onFile('a Python literal 200,000 deep', 'a.json', 'refused', `{'user': ${deep(2e5, '[', ']')}, 'item': 'i'}\n`, {
    flags: ['--format', 'python-literals'],
  }),
  ...['null', '[]', '{}', 'true', '{"a":1}', '[["u","i"]]', '{"user":{},"item":"i"}', '{"user":null,"item":null}'].map(
    (id) => onFile(`an id in ${id}`, 'a.jsonl', 'refused', `{"user":${id},"item":"i"}\n`),
  ),
  onFile(
    '64-bit ids',
    'a.jsonl',
    'either',
    Array.from({ length: 60 }, (_, k) => `{"user":12345678901234567${10 + k},"item":"i${k}"}`).join('\n'),
    {
      says: /60 users|cannot be|rounded|exact|quot/,
    },
  ),
  onFile(
    '64-bit ids',
    'a.csv',
    'survived',
    `${header}${Array.from({ length: 60 }, (_, k) => `12345678901234567${10 + k},i${k},${k}`).join('\n')}\n`,
    {
      says: /60 users/,
    },
  ),
  onFile('an id of 1e400', 'a.jsonl', 'refused', '{"user":1e400,"item":"i"}\n'),
  onFile('keys of prototypes', 'a.jsonl', 'either', '{"__proto__":{"user":"u","item":"i"}}\n{"constructor":1}\n'),
  onFile('a lone surrogate', 'a.jsonl', 'either', '{"user":"\\ud800","item":"i"}\n{"user":"\\udfff","item":"i"}\n'),
  onFile('keys twice', 'a.jsonl', 'either', '{"user":"u","user":"v","item":"i"}\n'),
];

const odd = (bytes: readonly number[]) =>
  Buffer.concat([Buffer.from(header), Buffer.from(bytes), Buffer.from(',i,1\n')]);
const bytes: readonly Attack[] = [
  onFile('bad UTF-8', 'a.csv', 'refused', odd([0xff, 0xfe]), { says: /not valid UTF-8/ }),
  onFile('an overlong slash', 'a.csv', 'refused', odd([0xc0, 0xaf])),
  onFile('a surrogate as UTF-8', 'a.csv', 'refused', odd([0xed, 0xa0, 0x80])),
  onFile('UTF-8 cut at the end', 'a.txt', 'refused', Buffer.from([0x75, 0x20, 0xe2, 0x82])),
  onFile('UTF-16', 'a.csv', 'refused', Buffer.from(`\ufeff${header}u,i,1\n`, 'utf16le')),
  onFile('NUL in an id', 'a.csv', 'either', odd([0x75, 0, 0x76])),
  onFile('NUL in an id', 'a.txt', 'either', 'u\0v i\n'),
  onFile('rows of different widths', 'a.csv', 'refused', `${header}u,i,1\nu,i\nu,i,1,2\n`),
  onFile('columns of different widths', 'a.txt', 'refused', 'u i 1\nu i\nu i 1 2\n'),
  onFile('carriage returns alone', 'a.csv', 'either', `${header}u,i,1\n`.replaceAll('\n', '\r')),
  onFile('the same column twice', 'a.csv', 'either', 'user,user,item\na,b,c\n'),
  onFile('columns of prototypes', 'a.csv', 'refused', '__proto__,constructor\na,b\n'),
  onFile('a flag to name prototypes', 'a.csv', 'refused', `${header}u,i,1\n`, {
    flags: ['--user', '__proto__', '--item', 'constructor'],
  }),
  ...['NaN', 'Infinity', '1e999', '-1e999', '0x10', '', '99999999999999999999', '1_000'].map((time) =>
    onFile(`a time of ${JSON.stringify(time)}`, 'a.csv', 'either', `${header}u,i,${time}\nu,j,5\n`),
  ),
  ...['\u001b[2J', '\u001b]0;title\u0007', '\u009b2J', '\b\b\b', '\u007f', '\u202e'].flatMap((steering) => [
    onFile(`terminal escape ${JSON.stringify(steering)} in a column`, 'a.csv', 'refused', `a${steering},b\n1,2\n`),
    onFile(`terminal escape ${JSON.stringify(steering)} in a time`, 'a.csv', 'refused', `${header}u,i,${steering}\n`),
    onFile(`terminal escape ${JSON.stringify(steering)} in JSON`, 'a.jsonl', 'refused', `{"user": ${steering}}\n`),
  ]),
];

const zip = (entries: Record<string, string | Uint8Array>) => () =>
  Buffer.from(
    zipSync(Object.fromEntries(Object.entries(entries).map(([n, c]) => [n, typeof c === 'string' ? strToU8(c) : c]))),
  );
const archives: readonly Attack[] = [
  onFile('a zip bomb', 'a.zip', 'refused', () => zip({ 'a.txt': 'u i\n'.repeat(2 ** 24) })(), { says: /unpack/ }),
  onFile(
    'a gzip bomb',
    'a.txt.gz',
    'either',
    gzipped(() => 'u i\n'.repeat(2 ** 24)),
  ),
  onFile('a gzip within a gzip bomb', 'a.txt.gz', 'either', () => gzipSync(gzipSync('u i\n'.repeat(2 ** 22)))),
  onFile('a zip in a zip', 'a.zip', 'refused', () => zip({ 'b.zip': zip({ 'c.txt': 'u i\n' })() })()),
  onFile('a gzip in a zip', 'a.zip', 'either', () => zip({ 'b.txt.gz': gzipSync('u i\n') })()),
  ...['../../a.txt', '/etc/a.txt', 'a/../../b.txt', 'C:\\a.txt', '\u001b[2Ja.txt', 'constructor', '', '.'].map((name) =>
    onFile(`an entry named ${JSON.stringify(name)}`, 'a.zip', 'either', () => zip({ [name]: 'u i\n' })()),
  ),
  onFile('20,000 entries', 'a.zip', 'refused', () =>
    zip(Object.fromEntries(Array.from({ length: 2e4 }, (_, i) => [`f${i}`, 'u i\n'])))(),
  ),
  onFile('a zip with a lie about the size', 'a.zip', 'refused', () => {
    const archive = zip({ 'a.txt': 'u i\n'.repeat(1000) })();
    archive.writeUInt32LE(0xfffffff0, archive.indexOf('PK\x01\x02') + 24);
    return archive;
  }),
  ...[0.1, 0.5, 0.99].flatMap((share) =>
    ['a.zip', 'a.txt.gz'].map((file) =>
      onFile(`cut to ${100 * share} %`, file, 'refused', () => {
        const text = Array.from({ length: 5000 }, (_, i) => `u${i % 71} i${i % 97}`).join('\n');
        const whole = file === 'a.zip' ? zip({ 'a.txt': text })() : gzipSync(text);
        return whole.subarray(0, Math.floor(whole.length * share));
      }),
    ),
  ),
];

/** Bits that are changed in places all over a file, most at its beginning and end, where its structure is described. */
const damagedColumns: readonly Attack[] = ['parquet', 'arrow'].flatMap((format) =>
  Array.from({ length: 24 }, (_, i) =>
    onFile(`bits changed, number ${i}`, `a.${format}`, 'either', async () => {
      const rng = new Rng(7, i);
      const rows = Array.from({ length: 300 }, (_, k) => ({ user: `u${k % 20}`, item: `i${k % 31}`, timestamp: k }));
      const path = join(process.env.TMPDIR ?? '/tmp', `recsys-columns-${process.pid}-${i}.${format}`);
      await writeInteractions(await readInteractions(rows), path);
      const content = readFileSync(path);
      rmSync(path);
      for (let times = 0; times < 1 + (i % 4); times++) {
        const reach = i % 3 === 0 ? content.length : Math.min(600, content.length);
        const at = i % 3 === 1 ? rng.below(reach) : content.length - 1 - rng.below(reach);
        content[at] ^= 1 << rng.below(8);
      }
      return content;
    }),
  ),
);

const specialFiles: readonly Attack[] = (
  [
    ['/dev/zero', 'refused'],
    ['/dev/null', 'refused'],
    ['/dev/urandom', 'refused'],
    ['.', 'either'],
    ['gone.csv', 'refused'],
    ['loop.csv', 'refused'],
    ['x'.repeat(5000), 'refused'],
    ['a\u001b[2Jb.csv', 'refused'],
    ['', 'refused'],
  ] as const
).map(([path, outcome]) => ({
  name: `data at ${JSON.stringify(path.slice(0, 20))}`,
  outcome,
  prepare: ({ folder }: Room) => {
    symlinkSync('loop.csv', join(folder, 'loop.csv'));
    return { run: ['data', 'describe', path] };
  },
}));

const answers: Readonly<Record<string, Answer>> = {
  'never answers': () => {},
  'stalls after the header': (_, response) => {
    response.writeHead(200).write(header);
  },
  'cuts its answer': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write(header, () => response.destroy());
  },
  'redirects to a file': (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  'redirects to data': (_, response) => void response.writeHead(302, { location: 'data:text/plain,u i' }).end(),
  'redirects to itself': ({ url }, response) => void response.writeHead(302, { location: url }).end(),
  'redirects to nowhere': (_, response) => void response.writeHead(302).end(),
  'says 500': (_, response) => void response.writeHead(500, 'Out of order').end('no'),
  'says 200 without a body': (_, response) => void response.writeHead(200).end(),
  'sends garbage as gzip': (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
  'closes the connection': ({ socket }) => void socket.destroy(),
  'speaks no HTTP': ({ socket }) => void socket.end('\u001b[2Jhello\r\n\r\n'),
  'sends a header without end': ({ socket }) => {
    const timer = setInterval(() => socket.write(`x-a: ${long(megabytes)}\r\n`), 20);
    socket.on('close', () => clearInterval(timer)).on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n');
  },
  'sends zeros without end': (_, response) => {
    const send = () => {
      while (response.write(new Uint8Array(megabytes)));
    };
    response.writeHead(200).on('drain', send);
    send();
  },
};

const servers: readonly Attack[] = Object.entries(answers).map(([what, answer]) => ({
  name: `a server that ${what}`,
  outcome: 'refused',
  prepare: async (): Promise<Attempt> => {
    const { url, close } = await startServer(answer);
    return { run: ['data', 'describe', `${url}/a.csv`], cleanUp: close };
  },
}));

/** Lines of `recommend --input`, and ids in the data of a run, as an attacker writes them. */
const histories: readonly Attack[] = (
  [
    ['an id of 200,000 nested arrays', `{"history":["item-1"],"id":${deep(2e5, '[', ']')}}\n`],
    ['a history of 200,000 nested arrays', `${deep(2e5, '[', ']')}\n`],
    ['a line of 64 MB', `["${long(64 * megabytes)}"]\n`],
    ['a terminal escape', '["\\u001b[2J\u009b","item-1"]\n["\u001b[2J"\n'],
    ['64-bit ids', '{"id":1234567890123456789,"history":["item-1"]}\n'],
    ['a lone surrogate', '["\\ud800","item-1"]\n'],
    ['a million items', `${JSON.stringify(Array(1e6).fill('item-1'))}\n`],
    ['NUL bytes', '\0\0\0\n'],
    ['prototypes', '{"__proto__":{"history":["item-1"]}}\n'],
  ] as const
).flatMap(([what, text]) =>
  ['throw', 'skip'].map((onError) => ({
    name: `histories: ${what}, --on-error ${onError}`,
    outcome: 'either' as const,
    prepare: ({ folder, model }: Room) => {
      writeFileSync(join(folder, 'in.jsonl'), text);
      return { run: ['recommend', model(), '--input', 'in.jsonl', '--on-error', onError, '--backend', 'cpu'] };
    },
  })),
);

export const dataAttacks: readonly Attack[] = [
  ...longLines,
  ...json,
  ...bytes,
  ...archives,
  ...damagedColumns,
  ...specialFiles,
  ...servers,
  ...histories,
];
