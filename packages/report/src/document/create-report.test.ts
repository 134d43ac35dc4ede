import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { ReportOptions } from '../index.js';
import { data, hostile, resultOf, wholeOptions, wholeRun } from '../test-options.js';
import { createReport } from './index.js';

/** Returns the elements of a page, and its text without runs of spaces. */
const open = (options: ReportOptions) => {
  const html = createReport(options);
  const { document } = parseHTML(html);
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  const textOf = (selector: string) =>
    all(selector)
      .map(({ textContent }) => textContent!.replace(/\s+/g, ' ').trim())
      .join(' ');
  return { html, all, textOf, ids: all('h2').map(({ id }) => id) };
};

const one = wholeRun('first', 0);
const sections = [
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
];

describe('createReport', () => {
  const whole = open(wholeOptions);

  it('has all sections, each in the contents, and gives the same bytes again', () => {
    expect(whole.ids).toEqual(sections);
    expect(whole.all('nav a').map((link) => link.getAttribute('href'))).toEqual(sections.map((name) => `#${name}`));
    expect(createReport(wholeOptions)).toBe(whole.html);
  });

  it('runs no script and loads nothing, whatever the titles are', () => {
    const { all, html } = whole;
    expect(all('script, link, img, iframe, object, [src], [onload], [onclick], [onerror]')).toEqual([]);
    expect(all('a').every((link) => link.getAttribute('href')!.startsWith('#'))).toBe(true);
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;\ufffd\ufffd 🎬');
    const named = open({
      ...wholeOptions,
      title: hostile,
      runs: [{ ...one, name: hostile, model: hostile, settings: { [hostile]: hostile } }],
      notes: [hostile],
      data: { ...data, source: hostile, order: hostile },
    });
    expect(named.html).not.toContain('<script');
    expect(named.all('h1')[0].textContent).toContain('<script>alert("x")');
  });

  it('names each figure, says how to read it, and gives pictures a name', () => {
    const figures = whole.all('figure');
    expect(figures.length).toBeGreaterThan(12);
    for (const figure of figures) {
      expect(figure.querySelector('figcaption strong')!.textContent).toMatch(/\w/);
      expect(figure.querySelector('figcaption span')!.textContent).toMatch(/\w.*\.$/);
      expect(figure.querySelector('svg[role="img"]')!.getAttribute('aria-label')).toMatch(/\w/);
    }
    const labels = whole.all('[role="region"]').map((region) => region.getAttribute('aria-label'));
    expect(new Set(labels).size).toBe(labels.length);
    expect(whole.html).not.toMatch(/NaN|undefined|\[object/);
  });

  it('says in plain words whether the best run worked, and how sure that is', () => {
    const text = whole.textOf('.summary');
    expect(text).toMatch(/^It worked\. SASRec \(first\) predicts the next item better than popularity\./);
    expect(text).toMatch(
      /The best of 2 tested runs is first\. In NDCG@10, first has 0\.\d{4} \[.*\]: above popularity \(0\.\d{4}, p < 0\.001\)\./,
    );
    expect(text).toContain('of 120 tests, the item that came next is among the first 10, ranked among all items.');
    expect(text).toMatch(/first is above second by 0\.\d{4} \(p < 0\.001\)\./);
    expect(text).toContain('Tested on a sample of 120 of 500 targets.');
  });

  it('compares each run with each baseline and with the other run', () => {
    const rows = whole.all('#compared ~ .scroll tbody tr').map((row) => row.textContent);
    expect(rows.map((row) => row!.replace(/(above|below|about equal).*/, ' $1'))).toEqual([
      'first and popularity above',
      'second and popularity above',
      'first and second above',
    ]);
  });

  it('shows users with the titles of their items, and marks the one that came next', () => {
    const text = whole.textOf('.example');
    expect(text).toContain('User ann History of 3 items');
    const items = whole.all('.example li').map((item) => item.textContent);
    expect(items.slice(0, 4)).toEqual([
      'Title of item-1',
      'Title of item-2',
      'Title of item-3',
      'Title of item-4because of Title of item-3 80\u00a0%',
    ]);
    expect(whole.all('.example .hit').length).toBe(2);
    expect(text).toContain('The item that came next is at place 2.');
    expect(whole.textOf('#nearest ~ .scroll')).toContain('Title of item-7 0.93');
  });

  it('marks the settings that differ between runs', () => {
    expect(whole.all('tr.differs').map((row) => row.textContent)).toEqual(['model.seed09']);
    expect(whole.textOf('#settings ~ p')).toContain('1 of 4 settings differ');
    expect(whole.textOf('#settings ~ .scroll')).toContain('info.keptItems41 values');
  });
});

describe('a report of less', () => {
  const popular = resultOf(Array.from({ length: 120 }, (_, i) => i % 5));
  const bad = resultOf(Array.from({ length: 120 }, (_, i) => 20 + i));
  const verdictOf = (options: Partial<ReportOptions>) =>
    open({ title: 'x', runs: [{ name: 'a', test: popular }], ...options }).textOf('.lead');

  it('does not call a model good that is not', () => {
    expect(verdictOf({ baselines: { popularity: popular } })).toMatch(
      /^No clear gain\. a predicts the next item about as well as popularity/,
    );
    expect(verdictOf({ runs: [{ name: 'a', test: bad }], baselines: { popularity: popular } })).toMatch(
      /^Not good enough yet\. a predicts the next item worse than popularity/,
    );
    expect(verdictOf({ baselines: { popularity: bad, 'the Markov chain': popular } })).toMatch(
      /^No clear gain\. .* the Markov chain/,
    );
    expect(verdictOf({})).toBe('a was tested.');
  });

  it('of a run without a test has its curves and settings, and says so', () => {
    const { epochs, best, settings } = one;
    const page = open({
      title: 'x',
      runs: [{ name: 'a', epochs, best, settings, absent: { results: 'training has not ended' } }],
    });
    expect(page.ids).toEqual(['results', 'training', 'settings']);
    expect(page.textOf('.summary')).toMatch(
      /^Not tested yet\. .* a has finished 4 epochs in 8\.0 seconds\. Its best validation is NDCG@10 0\.3000, at epoch 3\.$/,
    );
    expect(page.textOf('.absent')).toBe('Not shown: training has not ended.');
    expect(page.textOf('footer')).toContain(
      'Not given, so not in this report: groups, calibration, coverage, examples, nearest items, attention, item map, data.',
    );
  });

  it('of a run that has not finished an epoch says that', () => {
    expect(open({ title: 'x', runs: [{ name: 'a', epochs: [] }] }).textOf('.summary')).toContain(
      'a has not finished an epoch.',
    );
  });

  it('of curves without times, without validation or with a loss that is no number shows the rest', () => {
    const epochs = [1, 2, 3].map((epoch) => ({ epoch, loss: epoch === 2 ? Number.NaN : 1 / epoch }));
    const page = open({ title: 'x', runs: [{ name: 'a', epochs }] });
    expect(page.textOf('#training ~ .absent')).toContain(
      'No epoch was validated, so there is no curve of a metric. The log has no times, so there is no curve over time.',
    );
    expect(page.all('figure').length).toBe(1);
    expect(page.all('figure circle').length).toBe(2);
  });

  it('says why a section lacks a run', () => {
    const { attention: _, ...rest } = wholeRun('second', 3);
    const page = open({ title: 'x', runs: [one, { ...rest, absent: { attention: 'HSTU has none' } }] });
    expect(page.textOf('#attention ~ .absent')).toBe('Not shown for second: HSTU has none.');
    expect(page.all('#attention ~ .figures figure').length).toBe(2);
    const { attention: __, ...without } = one;
    expect(
      open({ title: 'x', runs: [{ ...without, absent: { attention: 'HSTU has none' } }] }).textOf(
        '#attention ~ .absent',
      ),
    ).toBe('Not shown: HSTU has none.');
  });

  it('of three users is drawn', () => {
    const tiny: ReportOptions['data'] = {
      users: 3,
      items: 2,
      interactions: 9,
      medianLength: 3,
      lengths: [{ from: 3, to: 3, count: 3 }],
      counts: [0, 5, 4],
      parts: { train: 3, validation: 3, test: 3 },
    };
    const page = open({
      title: 'tiny',
      data: tiny,
      runs: [{ name: 'a', test: resultOf([0, 1, 0]), epochs: [{ epoch: 1, loss: 1 }] }],
    });
    expect(page.ids).toEqual(['results', 'training', 'data']);
    expect(page.textOf('#data ~ .absent')).toContain('no times');
    expect(page.html).not.toMatch(/NaN|Infinity/);
  });

  it('refuses what cannot be compared, unknown options and runs of one name', () => {
    const refused = (options: object, code: string, message: string) =>
      expect(() => createReport({ title: 'x', runs: [one], ...options } as ReportOptions)).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(message) }),
      );
    refused(
      { runs: [one, { name: 'b', test: resultOf([1, 2]) }] },
      'other-targets',
      'first and b must be evaluated on the same targets',
    );
    refused({ baseline: {} }, 'bad-option', 'unknown option baseline');
    refused({ runs: [] }, 'bad-option', 'runs');
    refused({ runs: [one, one] }, 'bad-option', 'each run needs a name of its own');
    refused({ runs: [{ name: 'a', test: { metrics: {} } }] }, 'bad-option', 'must be an object with protocol');
    refused({ metric: 'best' }, 'bad-option', 'metric');
  });
});
