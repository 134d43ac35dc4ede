import { readdirSync, readFileSync } from 'node:fs';
import type { Table } from '../benchmarks/experiment.ts';

export interface Figures {
  readonly hr10: number;
  readonly ndcg10: number;
}

export interface Published extends Figures {
  readonly who: string;
  readonly validation?: Figures;
}

interface MeasuredFigures extends Figures {
  readonly users: number;
  readonly confidence95: { readonly hr10: readonly [number, number]; readonly ndcg10: readonly [number, number] };
}

/** A run of `pnpm reproduce`: the parts of its record and of its experiment that pages show. */
export interface ReproducedRun {
  readonly name: string;
  readonly seed: number;
  readonly command: string;
  readonly about: string;
  readonly table: Table;
  /** The experiment that this one extends, if any. */
  readonly extends?: string;
  /** The experiment whose run was tested with this protocol, if it is another one. */
  readonly trainedBy?: string;
  readonly data: string;
  readonly protocol: string;
  readonly test: MeasuredFigures;
  readonly validation: MeasuredFigures;
  readonly baselines: Readonly<Record<'popularity' | 'markovChain', MeasuredFigures>>;
  readonly best: { readonly epoch: number };
  readonly machine: { readonly cpu: string; readonly node: string };
  readonly backend: string;
  readonly epochs: readonly {
    readonly epoch: number;
    readonly seconds: number;
    readonly loss: number;
    readonly hr10?: number;
    readonly ndcg10?: number;
  }[];
}

const benchmarks = new URL('../benchmarks/', import.meta.url);
const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, benchmarks), 'utf8'));

/**
 * Returns the published figures by data file and protocol. A remark explains results that are below the best of them.
 */
export const readPublished = (): Record<string, { figures: Published[]; remark?: string }> =>
  readJson('published.json');

/** Returns all recorded runs, sorted by experiment and seed. */
export const readRuns = (): ReproducedRun[] =>
  readdirSync(new URL('results/reproduce/', benchmarks))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((file) => {
      const record = readJson(`results/reproduce/${file}`);
      const { table, extends: base } = readJson(`../experiments/${record.name}.json`);
      return { ...record, table, ...(base !== undefined && { extends: base }) };
    });

/** Returns the data file and protocol, by which runs and published figures are grouped. */
export const groupOf = ({ data, protocol }: ReproducedRun): string => `${data} ${protocol}`;

/** Returns the seconds of training up to the tested epoch, including validations. */
export const secondsToBest = ({ epochs, best }: ReproducedRun): number =>
  epochs.find(({ epoch }) => epoch === best.epoch)!.seconds;
