/** What the launches of kernels are drawn with: sizes, numbers, and dropout masks. */
import type { KernelName } from '../../generated/arguments.js';
import type { Arena, Launch } from './arena.js';

/** Widths that fill no vector, one, or several, of any instruction set. */
export const widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50, 63, 64, 65, 100];
export const loose = 3e-5;

/** Draws the sizes of a launch and prepares it. */
export type Draw<Name extends KernelName> = (arena: Arena, functions: Functions) => Launch<Name>;
/** What the kernels say of the scratch memory that they need. */
export interface Functions {
  attentionScratch(time: number, width: number): number;
}

export const one = <Item>({ random }: Arena, items: readonly Item[]): Item => items[random.below(items.length)];
export const width = (arena: Arena): number => one(arena, widths);
export const between = ({ random }: Arena, low: number, high: number): number => low + random.below(high - low + 1);
export const chance = ({ random }: Arena): boolean => random.next() < 0.5;

const mix = (x: number): number => {
  const y = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  const z = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
};
/** The 16 random bits of an element, as `@recsys/layers` defines them. */
const bitsOf = (key: number, element: number): number => {
  const bits = mix(mix(Math.imul(element >>> 1, 0x9e3779b1)) ^ key);
  return element & 1 ? bits >>> 16 : bits & 0xffff;
};

export const dropoutOf = (arena: Arena) => {
  const key = arena.random.below(2 ** 32) | 0;
  // Also at the border: the lowest threshold that drops one element, or the highest that does not.
  const border = bitsOf(key, arena.random.below(200)) + arena.random.below(2);
  const threshold = one(arena, [0, 1, 13_107, 32_768, 65_535, Math.min(border, 65_535), Math.min(border, 65_535)]);
  return { key, threshold, keptScale: 65_536 / (65_536 - threshold) };
};
