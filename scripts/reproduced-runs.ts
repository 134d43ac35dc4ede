import { readdirSync, readFileSync } from 'node:fs';
import type { Experiment, Table } from '../benchmarks/experiment.ts';

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

/** How good a run is by one protocol. */
interface Results {
  readonly test: MeasuredFigures;
  readonly validation: MeasuredFigures;
  readonly baselines: Readonly<Record<'popularity' | 'markovChain', MeasuredFigures>>;
}

/** A run of `pnpm reproduce`, tested by one protocol: the parts of its record and of its experiment that pages show. */
export interface ReproducedRun extends Results {
  readonly name: string;
  readonly seed: number;
  readonly command: string;
  readonly about: string;
  readonly table: Table;
  /** The experiment that this one extends, if any. */
  readonly extends?: string;
  /** Whether the recipe chose all settings. */
  readonly isRecipe: boolean;
  /** The experiment whose run was tested with this protocol, if it was not validated with it. */
  readonly trainedBy?: string;
  readonly data: string;
  /** How the data was split, if not by leave-one-out. */
  readonly split?: Experiment['split'];
  readonly protocol: string;
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

/** Returns all recorded runs, sorted by experiment and seed; one that was tested with several protocols once for each. */
export const readRuns = (): ReproducedRun[] =>
  readdirSync(new URL('results/reproduce/', benchmarks))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .flatMap((file) => {
      const { otherProtocols = {}, ...record } = readJson(`results/reproduce/${file}`);
      const { table, extends: base, preset, ...own } = readJson(`../experiments/${record.name}.json`);
      const isRecipe = preset === 'recommended' && !['model', 'fit', 'loss'].some((key) => key in own);
      const run = { ...record, table, isRecipe, ...(base !== undefined && { extends: base }) };
      const others = Object.entries(otherProtocols as Record<string, Results>).map(([protocol, results]) => ({
        ...run,
        ...results,
        protocol,
        about: `${record.about}, validated by \`${record.protocol}\``,
        trainedBy: record.name,
      }));
      return [run, ...others];
    });

/** Returns the data file, the split and the protocol, by which runs and published figures are grouped. */
export const groupOf = ({ data, split, protocol }: Pick<ReproducedRun, 'data' | 'split' | 'protocol'>): string =>
  `${data.replace(/\/.*/, '')} ${split === undefined ? '' : 'time-split '}${protocol}`;

/** Returns the seconds of training up to the tested epoch, including validations. */
export const secondsToBest = ({ epochs, best }: ReproducedRun): number =>
  epochs.find(({ epoch }) => epoch === best.epoch)!.seconds;
