/** The commands in documents: those of the pages run (of the first pages alone, unless `DOCUMENTS` is `all`), and all have flags that the command has. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/programs/free-port.ts';
import { blocksIn, blocksOf, documents, pages, root } from './code-blocks.ts';
import { invocationsIn } from './invocations.ts';
import { readersFiles, Workspace } from './workspace.ts';

const execute = promisify(execFile);
const cli = join(root, 'packages/cli');
const bin = join(cli, 'bin/recsys.js');
const curl = spawnSync('bash', ['-c', 'command -v curl'], { encoding: 'utf8' }).stdout.trim();

/** Pages whose blocks are not run as they stand, and why; their flags are checked all the same. */
const notRun: Readonly<Record<string, string>> = {
  'distributed.md': 'it needs several processes that talk to each other; tests of its package start them',
  'report.md': 'its commands are run by the tests of their package',
  'shards.md': 'it needs schedulers; test/faults and the tests of the command run shards',
  'studio.md': 'it waits for a browser; the tests of its package open one',
  'track.md': 'it needs servers of trackers',
  'tune.md': 'its search takes minutes; the tests of the command run small ones',
};

const shellBlocksOf = (document: string) => blocksOf(document).filter(({ language }) => language === 'sh');
const run = pages.filter(
  (page) => notRun[page] === undefined && shellBlocksOf(`docs/${page}`).some(({ noRun }) => noRun === undefined),
);

/** The way of a newcomer. The other pages take a minute more; the workflow of the site runs them. */
const first = ['start.md', 'serving.md', 'prepare.md'];
const now = process.env.DOCUMENTS === 'all' ? run : first;

const workspace = new Workspace();
afterAll(() => workspace.remove());

describe('the commands of the pages', () => {
  let tools: string;
  beforeAll(async () => {
    // `recsys` trains for two epochs, so that a page takes seconds, and a service goes on while the page does.
    tools = workspace.write('tools', {
      recsys: `#!/usr/bin/env bash
case "$1" in
  serve)
    if [ -s "$DOCUMENTS_SERVER" ]; then kill "$(cat "$DOCUMENTS_SERVER")"; fi
    node '${bin}' "$@" --port "$DOCUMENTS_PORT" >serve.log 2>&1 &
    echo $! >"$DOCUMENTS_SERVER"
    for _ in $(seq 300); do grep -q '^serving' serve.log && exit 0; sleep 0.1; done
    cat serve.log >&2
    exit 1 ;;
  train | nightly)
    [[ " $* " =~ ' --'(epochs|resume|rollback)' ' ]] || set -- "$@" --epochs 2 ;;
esac
exec node '${bin}' "$@"
`,
      curl: `#!/usr/bin/env bash\nexec '${curl}' -sS --fail-with-body "\${@//localhost:8080/localhost:$DOCUMENTS_PORT}"\n`,
    });
    for (const name of ['recsys', 'curl']) chmodSync(join(tools, name), 0o755);
    const ready = workspace.write('ready', readersFiles());
    await execute(process.execPath, [bin, 'train', 'ratings.csv', '--epochs', '2', '--out', 'runs/movies'], {
      cwd: ready,
    });
  }, 600_000);

  it('run on most pages, and where they do not, there is a reason', () => {
    expect(run).toEqual(expect.arrayContaining(first));
    expect(run.length).toBeGreaterThan(10);
    const reasons = documents.flatMap((document) => blocksOf(document).flatMap(({ noRun }) => noRun ?? []));
    expect([...reasons, ...Object.values(notRun)].filter((reason) => reason.length < 10)).toEqual([]);
  });

  it.concurrent.each(now)(
    '%s runs',
    async (page) => {
      const blocks = blocksOf(`docs/${page}`);
      const own = blocks.filter(({ language, noRun }) => language === 'sh' && noRun === undefined);
      if (curl === '' && own.some(({ code }) => code.includes('curl '))) return;
      const folder = workspace.write(`pages/${page}`, readersFiles());
      const trains = own.some(({ code }) => code.includes('--out runs/movies'));
      if (!trains) await execute('cp', ['-r', join(workspace.path, 'ready/runs'), folder]);
      for (const { file, code } of blocks) if (file !== undefined) writeFileSync(join(folder, file), code);
      const script = own.map(({ code }, i) => `echo '--- block ${i + 1} of ${page}' >&2\n${code}`).join('\n');
      writeFileSync(join(folder, 'page.sh'), `set -euo pipefail\n${script}`);
      const server = join(folder, 'server.pid');
      const env = {
        ...process.env,
        PATH: `${tools}:${process.env.PATH}`,
        DOCUMENTS_PORT: String(await freePort()),
        DOCUMENTS_SERVER: server,
        RECSYS_THREADS: '1',
        NO_COLOR: '1',
      };
      try {
        await execute('bash', ['page.sh'], { cwd: folder, env }).catch(({ stdout, stderr }) =>
          expect.fail(`${stdout}\n${stderr}`),
        );
      } finally {
        if (existsSync(server)) process.kill(Number(readFileSync(server, 'utf8')));
      }
    },
    600_000,
  );
});

describe('the commands of all documents', () => {
  const used = documents.flatMap((document) =>
    blocksOf(document)
      .filter(({ language }) => ['', 'sh', 'ini'].includes(language))
      .flatMap(({ code }) => invocationsIn(code).map((invocation) => ({ ...invocation, document }))),
  );
  const commands = [...new Set(used.map(({ command }) => command))];
  const help = new Map<string, string>();

  beforeAll(async () => {
    const printed = await workspace.run(
      commands.map((command) => ({
        folder: root,
        module: join(cli, 'dist/main.js'),
        args: [...command.split(' ').filter(Boolean), '--help'],
      })),
    );
    for (const [i, command] of commands.entries()) help.set(command, printed[i].stdout);
  }, 600_000);

  /** Flags of models that a page defines. */
  const ownFlags: Readonly<Record<string, readonly string[]>> = { 'docs/write-a-model.md': ['--units'] };

  it('have flags that the command has', () => {
    expect(used.length).toBeGreaterThan(50);
    for (const [command, text] of help) expect(text, command).toContain(`Usage: recsys ${command}`.trim());
    const unknown = used.flatMap(({ document, command, flags }) =>
      flags
        .filter((flag) => ownFlags[document]?.includes(flag) !== true)
        .filter((flag) => !new RegExp(`(^|\\s)${flag}(\\s|$)`, 'm').test(help.get(command)!))
        .map((flag) => `${document}: recsys ${command} ${flag}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('how commands are found', () => {
  it('in lines that go on, after variables, pipes and other words, with quotes and comments', () => {
    const text = [
      'recsys train a.csv --out runs/a \\\n  --seed 1   # recsys is --not this',
      'zcat b.gz | RECSYS_THREADS=2 recsys recommend runs/a --input - > "recsys list --x"',
      "npx recsys data prepare 'a --b' --k-core=5 && exec recsys --help",
      'the recsys command',
    ].join('\n');
    expect(invocationsIn(text)).toEqual([
      { command: 'train', flags: ['--out', '--seed'] },
      { command: 'recommend', flags: ['--input'] },
      { command: 'data prepare', flags: ['--k-core'] },
      { command: '', flags: ['--help'] },
    ]);
  });

  it('between fences, which say what is not run', () => {
    const text = '```sh no-run: needs a server\nrecsys x\n```\n\n```ts file: shop.mjs\nlet a;\n```\n\n```\nout\n```\n';
    expect(blocksIn(text, 'a.md')).toMatchObject([
      { language: 'sh', noRun: 'needs a server', code: 'recsys x\n' },
      { language: 'ts', file: 'shop.mjs', code: 'let a;\n' },
      { language: '', noRun: undefined, code: 'out\n' },
    ]);
  });
});
