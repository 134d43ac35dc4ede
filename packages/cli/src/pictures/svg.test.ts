import { describe, expect, it } from 'vitest';
import { elementsOf } from '../test-xml.js';
import { element, escapeXml, picture, shortened, textAt } from './index.js';

describe('elementsOf, which tests use', () => {
  it.each(['<a><b></a>', '<a>&</a>', '<a b="<"/>', '<a/><a/>', '<a', '<a>\u0001</a>', '<a b="1" b="2"/>', '</a>'])(
    'refuses %s',
    (xml) => expect(() => elementsOf(xml)).toThrow('not well-formed'),
  );
});

describe('pictures', () => {
  const hostile = `<script>alert("1")</script> & '\u0001\ud800\u202e é 🎬`;

  it('are well-formed, whatever the texts in them are', () => {
    const shapes = [
      textAt(1, 2, hostile, { full: `${hostile}!`, rotate: -55, anchor: 'end', class: 'head' }),
      element('rect', { x: 1.25, fill: hostile, y: undefined }, hostile),
    ];
    const xml = picture(shapes, { width: 10, height: 20, title: hostile });
    expect(elementsOf(xml)).toEqual(['svg', 'title', 'style', 'rect', 'text', 'title', 'rect', 'title']);
    expect(xml).not.toContain('<script');
    expect(xml).toContain('x="1.3"');
  });

  it('escape what XML reserves, and replace what it has no place for', () => {
    expect(escapeXml(`a<b>&"'\u0000\u000b\n`)).toBe('a&lt;b&gt;&amp;&quot;&apos;\ufffd\ufffd\n');
  });

  it('cut long texts between characters', () => {
    expect(shortened('🎬🎬🎬🎬', 3)).toBe('🎬🎬…');
    expect(shortened('abc', 3)).toBe('abc');
  });

  it('have colours for light and dark pages', () => {
    expect(picture([], { width: 1, height: 1, title: '' })).toContain('prefers-color-scheme: dark');
  });
});
