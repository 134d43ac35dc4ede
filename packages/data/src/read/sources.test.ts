import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readInteractions } from '../index.js';

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

  it('refuses a folder within a folder of shards, also behind a symbolic link', async () => {
    const folder = mkdtempSync(join(root, 'nested-'));
    writeFileSync(join(folder, 'a.csv'), 'user,item\nu1,i1\n');
    mkdirSync(join(folder, '_temporary'));
    expect((await readInteractions(folder)).size).toBe(1);
    mkdirSync(join(folder, 'year=2024'));
    await expect(readInteractions(folder)).rejects.toThrow(
      `${folder}: "year=2024" is a folder, and folders within folders are not read; move its files to ${folder}, or read each folder by itself`,
    );
    rmSync(join(folder, 'year=2024'), { recursive: true });
    symlinkSync(join(folder, '_temporary'), join(folder, 'linked'));
    await expect(readInteractions(folder)).rejects.toThrow('"linked" is a folder');
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
});
