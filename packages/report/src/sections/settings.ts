import { type Column, type Html, html, shortened, table } from '../html/index.js';
import { type Context, type ShownRun, section } from './context.js';

/** One setting, with its value in each run. */
interface Setting {
  readonly name: string;
  readonly values: readonly string[];
}

const longestValue = 160;

/** Returns the settings of each run and what it ran on; those that differ are marked. */
export const settingsSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter(({ settings }) => settings !== undefined);
  return section(context, {
    name: 'settings',
    title: 'Settings and environment',
    body: runs.length === 0 ? undefined : settingsTable(runs),
  });
};

const settingsTable = (runs: readonly ShownRun[]): Html => {
  const flat = runs.map(({ settings }) => new Map(flattened(settings!)));
  const names = [...new Set(flat.flatMap((own) => [...own.keys()]))];
  const rows = names.map((name): Setting => ({ name, values: flat.map((own) => own.get(name) ?? '') }));
  const differs = ({ values }: Setting) => values.some((value) => value !== values[0]);
  const number = rows.filter(differs).length;
  return html`${runs.length > 1 && html`<p>${number === 0 ? 'No setting differs.' : `${number} of ${rows.length} settings differ between the runs; they come first, and are marked.`}</p>\n`}${table<Setting>(
    [...rows.filter(differs), ...rows.filter((row) => !differs(row))],
    [
      { title: 'Setting', cell: ({ name }) => html`<code>${name}</code>` },
      ...runs.map(
        ({ name }, i): Column<Setting> => ({
          title: runs.length === 1 ? 'Value' : name,
          cell: ({ values }) => values[i],
        }),
      ),
    ],
    { label: 'Settings and environment', rowClass: (row) => (differs(row) ? 'differs' : undefined) },
  )}`;
};

/** Returns values by path, such as `fit.batchSize`; long lists as their length. */
const flattened = (value: unknown, path = ''): [string, string][] => {
  if (ArrayBuffer.isView(value)) return flattened(Array.from(value as Uint8Array), path);
  if (Array.isArray(value))
    return [[path, value.length > 12 ? `${value.length} values` : shortened(JSON.stringify(value), longestValue)]];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, own]) => flattened(own, path === '' ? key : `${path}.${key}`));
  return value === undefined ? [] : [[path, shortened(String(value), longestValue)]];
};
