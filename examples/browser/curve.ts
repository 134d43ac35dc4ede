/** A learning curve as SVG. */

interface CurveOptions {
  /** What is measured. */
  readonly name: string;
  /** One value for each epoch so far. */
  readonly values: readonly number[];
  /** Epochs that training will have. */
  readonly epochs: number;
  /** A value to compare with, drawn as a dashed line. */
  readonly ceiling?: { readonly value: number; readonly name: string } | undefined;
}

const [width, height] = [340, 190];
const area = { left: 38, right: width - 10, top: 28, bottom: height - 34 };

/** Returns a step of 1, 2 or 5 times a power of ten that divides a range into at most `parts` parts. */
const niceStep = (range: number, parts: number): number => {
  const power = 10 ** Math.floor(Math.log10(range / parts));
  return power * [1, 2, 5, 10].find((factor) => factor * power * parts >= range * (1 - 1e-9))!;
};

const multiples = (step: number, end: number): number[] =>
  Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);

/** Draws values into an `svg` element. */
export const drawCurve = (svg: SVGSVGElement, { name, values, epochs, ceiling }: CurveOptions): void => {
  const highest = Math.max(...values, ceiling?.value ?? 0, 0) * 1.05 || 1;
  const x = (epoch: number) => area.left + (area.right - area.left) * (epoch / epochs);
  const y = (value: number) => area.bottom - (area.bottom - area.top) * (value / highest);
  const step = niceStep(highest, 4);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const rows = multiples(step, highest).map(
    (value) => `
      <line class="grid" x1="${area.left}" x2="${area.right}" y1="${y(value)}" y2="${y(value)}" />
      <text x="${area.left - 6}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(digits)}</text>`,
  );
  const columns = multiples(Math.max(1, niceStep(epochs, 5)), epochs).map(
    (epoch) => `<text x="${x(epoch)}" y="${area.bottom + 15}" text-anchor="middle">${epoch}</text>`,
  );
  const points = values.map((value, i) => `${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`);
  const dots = epochs > 50 ? points.slice(-1) : points; // many would hide the line
  const dashed =
    ceiling &&
    `<line class="ceiling" x1="${area.left}" x2="${area.right}" y1="${y(ceiling.value)}" y2="${y(ceiling.value)}" />
    <text x="${area.right}" y="${y(ceiling.value) - 5}" text-anchor="end">${ceiling.name} ${ceiling.value.toFixed(3)}</text>`;
  const last = values.at(-1);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('aria-label', last === undefined ? name : `${name}: ${last.toFixed(3)} in epoch ${values.length}`);
  svg.innerHTML = `
    <text class="name" x="0" y="13">${name}</text>
    ${rows.join('')}${columns.join('')}
    <text x="${(area.left + area.right) / 2}" y="${height - 3}" text-anchor="middle">epoch</text>
    ${dashed ?? ''}
    <polyline points="${points.join(' ')}" />
    ${dots.map((point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="2.5" />`).join('')}
    ${last === undefined ? '' : `<text class="last" x="${area.right}" y="13" text-anchor="end">${last.toFixed(3)}</text>`}`;
};
