import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const at = (path: string) => join(root, path);
const read = (path: string) => readFileSync(at(path), 'utf8');

/** Returns the text of a page without tags, with the characters that are escaped in it. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
const sectionsOf = (page: string): string[] => [...page.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id);

describe('recsys report', () => {
  const trained = recsys('train', data, ...small, '--out', 'whole', '--json');
  recsys('train', data, ...small, '--epochs', '1', '--model', 'hstu', '--out', 'runs/hstu', '--json');
  recsys('train', data, ...small, '--max-steps', '25', '--out', 'stopped', '--json');
  const items = [...new Set(rows.map(({ item }) => item))];
  writeFileSync(
    at('items.tsv'),
    `item\ttitle\tshelf\n${items.map((item, i) => `${item}\t<script>${i}</script> '"\tshelf ${i % 3}|other\n`).join('')}`,
  );

  it('is loaded only when it is asked for', () => {
    const files = readdirSync(dirname(cli)).filter((name) => name.endsWith('.js'));
    const built = files.map((name) => readFileSync(join(dirname(cli), name), 'utf8')).join('\n');
    expect(built).toMatch(/import\(['"]@recsys\/report['"]\)/);
    expect(built).not.toMatch(/from ['"]@recsys\/report['"]/);
  });

  it('writes all sections of a run, with the metrics of its test and titles that are escaped; the same bytes each time', () => {
    const { status, stdout, stderr } = recsys('report', 'whole', '--items', 'items.tsv', '--color-by', 'shelf');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^report {3}report\.html · \d+ KB$/m);
    const page = read('report.html');
    expect(sectionsOf(page)).toEqual([
      'results',
      'training',
      'groups',
      'scores',
      'catalog',
      'examples',
      'nearest',
      'attention',
      'map',
      'data',
      'settings',
    ]);
    const test = trained.events().find(({ event }) => event === 'test');
    const text = textOf(page);
    expect(text).toContain(`SASRec ${test.metrics['ndcg@10'].value.toFixed(4)} [`);
    for (const name of ['popularity', 'recent popularity', 'the Markov chain'])
      expect(text).toContain(`SASRec and ${name}`);
    expect(text).toContain(`<script>1</script> '"`);
    expect(page).not.toContain('<script');
    expect(text).toContain('Items in two dimensions, by shelf');
    expect(text).toContain('model.hiddenUnits 8');
    const again = recsys(
      'report',
      'whole',
      '--items',
      'items.tsv',
      '--color-by',
      'shelf',
      '--output',
      'again.html',
      '--json',
    ).events();
    expect(again.at(-1)).toMatchObject({ event: 'report', file: 'again.html' });
    expect(read('again.html')).toBe(page);
  });

  it('puts runs side by side: tested ones with the p-value of their difference, one that was stopped with its curve', () => {
    // As when a process is killed while it writes.
    appendFileSync(at('stopped/metrics.jsonl'), '{"event":"epo');
    const { status, stderr } = recsys(
      'report',
      'whole',
      'runs/hstu',
      'stopped',
      '--output',
      'three.html',
      '--sample-targets',
      '100',
    );
    expect([status, stderr]).toEqual([0, '']);
    const text = textOf(read('three.html'));
    expect(text).toContain('Tested on a sample of 100 of 300 targets.');
    expect(text).toMatch(/whole and hstu (above|about equal|below) [+−]0\.\d{4} \[/);
    expect(text).toContain('Not shown for stopped : the run has no test yet');
    expect(text).toContain('Not shown for hstu : the weights of HSTU are not shares, so they are not drawn.');
    expect(text).toMatch(/stopped : 1 epoch in/);
    expect(text).toMatch(/\d+ of \d+ settings differ between the runs/);
  });

  it('shows curves and settings of a run that a program made, and says why there is no more', () => {
    mkdirSync(at('own'));
    writeFileSync(
      at('own/config.json'),
      JSON.stringify({ format: 1, model: { name: 'GRU4Rec' }, fit: { epochs: 2 }, info: {} }),
    );
    writeFileSync(at('own/metrics.jsonl'), '{"event":"epoch","epoch":1,"loss":0.5}\n');
    expect(recsys('report', 'own', '--output', 'own.html').status).toBe(0);
    expect(sectionsOf(read('own.html'))).toEqual(['results', 'training', 'settings']);
    expect(textOf(read('own.html'))).toContain('Not shown: a program made this run');
  });
});
