import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Html } from '../html/index.js';
import { hostile } from '../test-options.js';
import {
  barChart,
  figure,
  heatMap,
  histogram,
  intervalChart,
  legend,
  lineChart,
  pointMap,
  scoreChart,
} from './index.js';

/** Returns the elements that a chart has. */
const elementsOf = (chart: Html) => {
  const { document } = parseHTML(`<html><body>${chart}</body></html>`);
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  return {
    all,
    count: (selector: string) => all(selector).length,
    texts: all('text').map((text) => text.textContent),
    titles: all('title').map((title) => title.textContent),
    svg: document.querySelector('svg'),
  };
};

const points = [1, 2, 3].map((x) => ({ x, y: x * x, title: `epoch ${x}` }));
const curve = { name: hostile, color: 'var(--c0)', points };

/** Every chart, with a hostile text wherever one may stand. */
const charts: Readonly<Record<string, Html>> = {
  lines: lineChart([{ ...curve, points: points.map((own) => ({ ...own, title: hostile })), marked: 1 }], {
    label: hostile,
    x: 'epoch',
    y: 'loss',
    isCount: true,
  }),
  intervals: intervalChart(
    [hostile],
    [{ name: hostile, color: 'var(--c0)', values: { [hostile]: { value: 0.5, low: 0.4, high: 0.6 } } }],
    { label: hostile, x: 'NDCG@10' },
  ),
  histogram: histogram({
    bins: [{ from: 1, to: 2, count: 3, title: hostile }],
    label: hostile,
    x: 'length',
    y: 'users',
  }),
  bars: barChart([{ name: hostile, shares: [0.5, 0.25] }], [curve, curve], { label: hostile, x: 'share (%)' }),
  scores: scoreChart([{ ...curve, bins: [{ count: 9, expected: 0.2, observed: 0.1, low: 0.05, high: 0.3 }] }], {
    label: hostile,
  }),
  heat: heatMap([hostile, hostile], [[1], [0.25, 0.75]], { label: hostile }),
  map: pointMap([{ x: 0, y: 1, name: hostile, color: 'var(--c1)', weight: 1 }], {
    label: hostile,
    x: 'component 1',
    y: 'component 2',
  }),
};

describe.each(Object.entries(charts))('a chart (%s)', (_, chart) => {
  it('is one picture with a name, and holds no script, style or link, whatever the texts are', () => {
    const { svg, count } = elementsOf(chart);
    expect(svg!.getAttribute('role')).toBe('img');
    expect(svg!.getAttribute('aria-label')).toBe(`<script>alert("x")</script> & '\ufffd\ufffd 🎬`);
    expect(count('script') + count('style') + count('a') + count('[onclick]') + count('[href]')).toBe(0);
    expect(chart.text).not.toMatch(/<script|NaN|Infinity|undefined/);
  });

  it('has coordinates that are not longer than a reader can see', () => {
    expect(chart.text).not.toMatch(/="[^"]*\d\.\d{3}/);
  });
});

describe('lineChart', () => {
  it('has a dot for each point, titled, a ring for the marked one, and whole numbers for counts', () => {
    const { count, titles, texts } = elementsOf(
      lineChart([{ ...curve, marked: 2 }], { label: 'x', x: 'epoch', y: 'loss', isCount: true }),
    );
    expect(count('circle')).toBe(4);
    expect(titles.filter((title) => title === 'epoch 3').length).toBe(2);
    expect(texts).toEqual(expect.arrayContaining(['1', '2', '3', 'epoch →', '↑ loss']));
  });

  it('draws a line without points as nothing, and one point as a dot', () => {
    const { count } = elementsOf(
      lineChart(
        [
          { ...curve, points: [] },
          { ...curve, points: points.slice(0, 1) },
        ],
        { label: 'x', x: 'epoch', y: 'loss', isCount: true },
      ),
    );
    expect(count('circle')).toBe(1);
  });

  it('tells lines apart by dashes too', () => {
    const chart = lineChart([curve, { ...curve, dash: '2 3' }], { label: 'x', x: 'epoch', y: 'loss' });
    expect(elementsOf(chart).count('[stroke-dasharray="2 3"]')).toBe(1);
  });
});

describe('intervalChart', () => {
  it('puts a dot at the value between the ends of its interval', () => {
    const rows = ['a', 'b'];
    const values = { a: { value: 0.2, low: 0.1, high: 0.3 }, b: { value: 0.4, low: 0.3, high: 0.5 } };
    const { all, texts, titles } = elementsOf(
      intervalChart(rows, [{ name: 'run', color: 'red', values }], { label: 'x', x: 'HR@10' }),
    );
    const xs = all('circle').map((dot) => Number(dot.getAttribute('cx')));
    expect(xs[1]).toBeGreaterThan(xs[0]);
    expect(titles).toContain('run, b: 0.4000 [0.300, 0.500]');
    expect(texts).toEqual(expect.arrayContaining(['a', 'b', 'HR@10 →']));
  });

  it('leaves a row without a value empty', () => {
    const values = { a: { value: 0.2, low: 0.1, high: 0.3 } };
    expect(
      elementsOf(intervalChart(['a', 'b'], [{ name: 'run', color: 'red', values }], { label: 'x', x: 'HR@10' })).count(
        'circle',
      ),
    ).toBe(1);
  });
});

describe('histogram and barChart', () => {
  it('have a bar for each count, as high as it is', () => {
    const bins = [1, 2, 4].map((count, i) => ({ from: i, to: i + 1, count, title: String(count) }));
    const heights = elementsOf(histogram({ bins, label: 'x', x: 'a', y: 'b' }))
      .all('rect')
      .map((bar) => Number(bar.getAttribute('height')));
    expect(heights[2] / heights[0]).toBeCloseTo(4, 0);
    const { all, titles, texts } = elementsOf(
      barChart([{ name: 'top', shares: [0.5, 0.25] }], [curve, { name: 'b', color: 'red' }], {
        label: 'x',
        x: 'share (%)',
      }),
    );
    const widths = all('rect').map((bar) => Number(bar.getAttribute('width')));
    expect(widths[0] / widths[1]).toBeCloseTo(2, 1);
    expect(titles).toContain('b, top: 25\u00a0%');
    expect(texts).toContain('top');
  });

  it('has whole numbers of users at its axis, few or many', () => {
    const textsOf = (count: number) =>
      elementsOf(histogram({ bins: [{ from: 0, to: 1, count, title: '' }], label: 'x', x: 'a', y: 'b' })).texts;
    expect(textsOf(2)).toEqual(expect.arrayContaining(['0', '1', '2']));
    expect(textsOf(1000)).toEqual(expect.arrayContaining(['200', '1,000']));
    expect(textsOf(200_000)).toContain('200k');
  });

  it('shows dates of a calendar', () => {
    const bins = [{ from: 1e9, to: 1.1e9, count: 2, title: 'x' }];
    expect(elementsOf(histogram({ bins, label: 'x', x: 'time', y: 'b', scale: 'utc' })).texts.join(' ')).toContain(
      '2002',
    );
  });
});

describe('heatMap', () => {
  it('is a triangle, darker for more, with all three names in the title of a cell', () => {
    const { all, titles } = elementsOf(
      heatMap(
        ['a', 'b'],
        [
          [1, 9],
          [0.25, 0.75],
        ],
        { label: 'x' },
      ),
    );
    const cells = all('rect').filter((cell) => cell.getAttribute('fill-opacity') !== null);
    expect(cells.map((cell) => cell.getAttribute('fill-opacity'))).toEqual(['1', '0.5', '0.87']);
    expect(titles).toEqual(['a attends to a: 1.000', 'b attends to a: 0.250', 'b attends to b: 0.750']);
  });
});

describe('pointMap', () => {
  it('names points of most weight, without names that cover each other', () => {
    const at = (x: number, y: number, name: string, weight: number) => ({ x, y, name, color: 'red', weight });
    const map = pointMap([at(0, 0, 'light', 0.1), at(0, 0, 'heavy', 0.9), at(0, 1, 'far', 0.5)], {
      label: 'x',
      x: 'a',
      y: 'b',
    });
    const { count, texts, titles } = elementsOf(map);
    expect(count('circle')).toBe(3);
    expect(titles.sort()).toEqual(['far', 'heavy', 'light']);
    expect(texts).toEqual(expect.arrayContaining(['heavy', 'far']));
    expect(texts).not.toContain('light');
  });
});

describe('figure and legend', () => {
  it('have a title, how to read it, and the names of several series', () => {
    const { text } = figure(charts.lines, {
      title: 'Loss',
      reading: 'Lower is better.',
      legend: legend([curve, { name: 'b', color: 'red', dash: '2 3' }]),
    });
    expect(text).toContain('<strong>Loss</strong><span>Lower is better.</span>');
    expect(text).toContain('<bdi>b</bdi>');
    expect(legend([curve])).toBeUndefined();
  });
});
