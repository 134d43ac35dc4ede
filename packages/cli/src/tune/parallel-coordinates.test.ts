import { describe, expect, it } from 'vitest';
import { elementsOf } from '../test-xml.js';
import { parallelCoordinates } from './parallel-coordinates.js';

const pathsOf = (xml: string) =>
  [...xml.matchAll(/<path d="([^"]*)"/g)].map(([, d]) =>
    d
      .slice(1)
      .split('L')
      .map((point) => point.split(' ').map(Number)),
  );

describe('parallelCoordinates', () => {
  const lines = [
    { name: 'a & <b>', values: { rate: 0.1, loss: 'x"', '<score>': 3 }, weight: 1 },
    { name: 'b', values: { rate: 0.001, '<score>': 1 }, weight: 0 },
    { name: 'c', values: { rate: 0.01, loss: 'y', '<score>': 2 }, weight: 0 },
    { name: 'd', values: { rate: 0.01, loss: 'y', '<score>': null }, weight: 0 },
  ];
  const xml = parallelCoordinates(lines, { axes: ['rate', 'loss', '<score>'], title: 'T & T', note: '' });

  it('is well-formed, and has a path for each line, the best one last', () => {
    expect(elementsOf(xml).filter((name) => name === 'path').length).toBe(4);
    expect(xml.indexOf('a &amp; &lt;b&gt;')).toBeGreaterThan(xml.indexOf('<title>b<'));
    expect(xml).toContain('&lt;score&gt;');
  });

  it('places settings by their logarithm, results by their value, and what is absent below the axis', () => {
    const [d, c, b, a] = pathsOf(xml);
    const ys = (axis: number) => [a, b, c].map((path) => path[axis][1]);
    const [highRate, lowRate, middleRate] = ys(0);
    expect(middleRate).toBeCloseTo((highRate + lowRate) / 2, 0);
    expect(highRate).toBeLessThan(lowRate); // up is more
    const [highest, lowest, between] = ys(2);
    expect(between).toBeCloseTo((highest + lowest) / 2, 0);
    expect(b[1][1]).toBeGreaterThan(lowest);
    expect(d[2][1]).toBeGreaterThan(lowest);
    expect(xml).toContain('>none</text>');
    expect(xml.match(/stroke-dasharray/g)?.length).toBe(1);
  });

  it('draws one line, and axes of one value', () => {
    const one = parallelCoordinates(lines.slice(0, 1), { axes: ['rate', '<score>'], title: '', note: '' });
    expect(pathsOf(one)[0].flat().every(Number.isFinite)).toBe(true);
    expect(one).not.toContain('none<');
  });
});
