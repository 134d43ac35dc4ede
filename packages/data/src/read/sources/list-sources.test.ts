import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as aq from 'arquero';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fromTable, readInteractions, writeInteractions } from '../../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-sources-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('sources of readInteractions', () => {
  it('reads a folder of shards in the order of their names, and names the shard of a bad line', async () => {
    const folder = mkdtempSync(join(root, 'shards-'));
    writeFileSync(join(folder, 'part-1.csv'), 'user,item\na,x\n');
    writeFileSync(join(folder, 'part-0.csv.gz'), gzipSync('user,item\nb,y\n'));
    writeFileSync(join(folder, '_SUCCESS'), '');
    writeFileSync(join(folder, '.part-0.crc'), 'x');
    expect((await readInteractions(folder)).table.objects()).toEqual([
      { user: 'b', item: 'y' },
      { user: 'a', item: 'x' },
    ]);
    writeFileSync(join(folder, 'part-2.csv'), 'user,item\na\n');
    await expect(readInteractions(folder)).rejects.toThrow('part-2.csv:2: has 1 fields, expected at least 2');
    writeFileSync(join(folder, 'part-2.csv'), 'user,item,time\na,x,5\n');
    await expect(readInteractions(folder)).rejects.toThrow('1 of 3 interactions have a timestamp; either all');
  });

  it('reads the symbolic links of a folder, and refuses one that leads nowhere', async () => {
    const folder = mkdtempSync(join(root, 'links-'));
    const elsewhere = mkdtempSync(join(root, 'real-'));
    writeFileSync(join(folder, 'a.csv'), 'user,item\nu1,i1\n');
    writeFileSync(join(elsewhere, 'b.csv'), 'user,item\nu2,i2\nu3,i3\n');
    symlinkSync(join(elsewhere, 'b.csv'), join(folder, 'b.csv'));
    symlinkSync(elsewhere, join(folder, '..data')); // as a ConfigMap of Kubernetes has it
    expect((await readInteractions(folder)).table.objects()).toEqual([
      { user: 'u1', item: 'i1' },
      { user: 'u2', item: 'i2' },
      { user: 'u3', item: 'i3' },
    ]);
    symlinkSync(join(elsewhere, 'none.csv'), join(folder, 'c.csv'));
    await expect(readInteractions(folder)).rejects.toThrow('c.csv: no such file');
  });

  /** Makes a folder of files, with the folders that their names need. */
  const folderOf = (files: Readonly<Record<string, string>>) => {
    const folder = mkdtempSync(join(root, 'tree-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  };

  it('reads partitions within partitions in the order of their names, and passes over marks and checksums', async () => {
    const folder = folderOf({
      'day=2026-10-02/hour=09/part-0.csv': 'user,item\nu3,i3\n',
      'day=2026-10-01/part-1': 'user,item\nu2,i2\n',
      'day=2026-10-01/part-0.csv': 'user,item\nu1,i1\n',
      'day=2026-10-01/.part-0.csv.crc': 'x',
      'day=2026-10-01/part-0.csv.crc': 'x',
      'day=2026-10-01/_SUCCESS': '',
      '_day=1/a.csv': 'user,item\nu0,i0\n',
      '_temporary/a.csv': 'user,item\nno,no\n',
      _metadata: 'x',
    });
    const users = (await readInteractions(folder)).table.array('user');
    expect(users).toEqual(['u0', 'u1', 'u2', 'u3']);
  });

  it('says of a missing column that the names of the folders have it', async () => {
    const folder = folderOf({ 'user=7/day=2026-10-01/a.csv': 'item,price\ni1,3\n' });
    await expect(readInteractions(folder)).rejects.toMatchObject({
      problem: `${join(folder, 'user=7/day=2026-10-01/a.csv')}:1: the header has no column that looks like the user; it has "item", "price". The names of its folders have "user", "day", but only columns in the files are read.`,
      advice: { option: 'columns' },
    });
  });

  it.each(['notes.md', 'README', 'readme.txt', 'day=1/cover.png', 'a.csv.zst', 'a.avro'])(
    'refuses a folder with %s, unless the format is given',
    async (name) => {
      const folder = folderOf({ 'a.csv': 'user,item\nu1,i1\n', [name]: 'user,item\nu2,i2\n' });
      await expect(readInteractions(folder)).rejects.toThrow(
        `${join(folder, name)}: is not a data file by its name, and all files of a folder are read; move it to another folder. Set format if all`,
      );
      expect((await readInteractions(folder, { format: 'csv' })).size).toBe(2);
    },
  );

  it('refuses what would be read twice, and symbolic links in a circle', async () => {
    const file = folderOf({ 'a.csv': 'user,item\nu1,i1\n' });
    symlinkSync('a.csv', join(file, 'latest.csv'));
    await expect(readInteractions(file)).rejects.toThrow(
      `${join(file, 'latest.csv')}: is ${join(file, 'a.csv')} by a symbolic link, and would be read twice; remove the link`,
    );
    const folder = folderOf({ 'day=1/a.csv': 'user,item\nu1,i1\n' });
    symlinkSync('day=1', join(folder, 'latest'));
    await expect(readInteractions(folder)).rejects.toThrow('latest: is ');
    const circle = folderOf({ 'day=1/a.csv': 'user,item\nu1,i1\n' });
    symlinkSync('..', join(circle, 'day=1', 'up'));
    await expect(readInteractions(circle)).rejects.toThrow(`${join(circle, 'day=1', 'up')}: is ${circle} by`);
    const itself = folderOf({ 'a.csv': 'user,item\nu1,i1\n' });
    symlinkSync('b.csv', join(itself, 'b.csv'));
    await expect(readInteractions(itself)).rejects.toThrow('b.csv: cannot be read: ELOOP');
  });

  it('refuses a Delta table, whose folder may hold deleted rows', async () => {
    const folder = folderOf({ '_delta_log/0.json': '{}', 'a.csv': 'user,item\nu1,i1\n' });
    await expect(readInteractions(folder)).rejects.toThrow(`${folder}: is a Delta table`);
  });

  it.skipIf(process.platform === 'win32')('reads Parquet from a named pipe', async () => {
    const file = join(root, 'whole.parquet');
    await writeInteractions(fromTable(aq.table({ user: ['a', 'b'], item: ['x', 'y'] })), file);
    const pipe = join(root, 'pipe.parquet');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', `cat '${file}' > '${pipe}'`]);
    expect((await readInteractions(pipe)).size).toBe(2);
    writer.kill();
  });

  it('refuses the URLs of databases and of what it cannot read, without a password in the message', async () => {
    await expect(readInteractions('postgres://ann:secret@db/shop')).rejects.toThrow(
      /^readInteractions: the source is a database \(postgres:\); read the rows of a query instead: queryRows\(database, query\)$/,
    );
    await expect(readInteractions('duckdb:shop.duckdb')).rejects.toThrow('the source is a database (duckdb:)');
    await expect(readInteractions('s3://key:secret@bucket/a.csv')).rejects.toThrow(
      /^readInteractions: a URL must be http, https or file, got s3:\/\/$/,
    );
  });

  it('reads URLs', async () => {
    const server = createServer(({ url }, response) => {
      if (url === '/a.csv') response.end('user,item\na,x\n');
      else if (url === '/cut.csv') {
        response.writeHead(200, { 'content-length': 100 });
        response.write('user,item\na,x\n');
        setTimeout(() => response.destroy(), 20);
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await readInteractions(`${base}/a.csv`)).size).toBe(1);
      expect((await readInteractions(new URL(`${base}/a.csv`))).size).toBe(1);
      await expect(readInteractions(`${base}/b.csv`)).rejects.toThrow('/b.csv: the server answered 404 Not Found');
      await expect(readInteractions(`${base}/cut.csv`)).rejects.toThrow('/cut.csv: cannot be read: ');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await expect(readInteractions(`${base}/a.csv`)).rejects.toThrow('/a.csv: cannot be fetched: ');
    writeFileSync(join(root, 'b.csv'), 'user,item\na,x\n');
    expect((await readInteractions(pathToFileURL(join(root, 'b.csv')))).size).toBe(1);
  });

  it('gives up a server that sends nothing, at first or after a while', async () => {
    const server = createServer(({ url }, response) => {
      if (url === '/half.csv') response.writeHead(200).write('user,item\na,x\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      for (const name of ['none.csv', 'half.csv']) {
        const refused = expect(readInteractions(`${base}/${name}`)).rejects.toMatchObject({
          code: 'bad-data',
          message: expect.stringContaining('no data for 30 s'),
        });
        await new Promise((resolve) => server.once('request', resolve));
        await new Promise((resolve) => setImmediate(resolve));
        vi.advanceTimersByTime(30_000);
        await refused;
      }
    } finally {
      vi.useRealTimers();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
