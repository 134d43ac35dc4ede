import type { Id } from '@recsys/data';
import { modelNameOf } from '@recsys/model';
import type { ReportOptions, ReportRun } from '@recsys/report';
import { type EvaluationResult, evaluate, type Protocol, sampleOfTargets } from '@recsys/training';
import { baselinesFor } from '../evaluate/index.js';
import { loadSavedModel } from '../models/index.js';
import type { LoadedSplit } from '../options/index.js';
import { formatCount, type Reporter } from '../reporter.js';
import { modelParts, type TestBed } from './model-parts.js';
import type { ReportedRun } from './reported-run.js';
import { targetsFor } from './sample-sizes.js';

interface TestedPartsOptions {
  readonly loaded: LoadedSplit;
  readonly protocol: Protocol;
  readonly k: readonly number[];
  /** Default: chosen by the size of the catalog. */
  readonly sampleTargets: number | undefined;
  readonly groups: { readonly name: string; readonly of: (item: Id) => string | undefined } | undefined;
  readonly data: NonNullable<ReportOptions['data']>;
  readonly sampleScores: TestBed['sampleScores'];
}

/** What a report shows of runs that were tested, and of the baselines on the same targets. */
interface TestedParts {
  readonly baselines: Readonly<Record<string, EvaluationResult>>;
  /** By the path of the run. */
  readonly parts: ReadonlyMap<string, Partial<ReportRun>>;
  readonly notes: readonly string[];
}

/** Tests runs and baselines on the same targets, and returns what a report shows of them. */
export const testedParts = async (
  runs: readonly ReportedRun[],
  reporter: Reporter,
  { loaded, protocol, k, sampleTargets, groups, data, sampleScores }: TestedPartsOptions,
): Promise<TestedParts> => {
  const { split } = loaded;
  const all = split.test.users.length;
  const set = sampleOfTargets(split.test, { count: sampleTargets ?? targetsFor(split.catalog.ids.length) });
  const onProgress = (what: string, done: number, total: number) => reporter.progress(what, done, total);
  const baselines: Record<string, EvaluationResult> = {};
  for (const { name, inText, create } of baselinesFor(split.train))
    baselines[inText] = await evaluate(create(split.train), set, {
      protocol,
      k,
      onProgress: (done, total) => onProgress(name, done, total),
    });
  const parts = new Map<string, Partial<ReportRun>>();
  for (const { path, name } of runs) {
    const model = await loadSavedModel(path, (reason) => reporter.remark(reason));
    const bed: TestBed = {
      split,
      set,
      protocol,
      k,
      data,
      groups,
      sampleScores,
      onProgress: (what, done, total) => onProgress(`${name}, ${what}`, done, total),
    };
    parts.set(path, { model: modelNameOf(model), ...(await modelParts(model, bed)) });
    model.dispose();
  }
  const notes = [
    ...(set === split.test
      ? []
      : [`Tested on a sample of ${formatCount(set.users.length)} of ${formatCount(all)} targets.`]),
    ...runs.flatMap((run) => otherProtocol(run, protocol)),
  ];
  return { baselines, parts, notes };
};

/** Returns a note when the best epoch was chosen by another protocol than the one that is reported. */
const otherProtocol = ({ name, config }: ReportedRun, protocol: Protocol): string[] => {
  const { protocol: chosenBy } = (config.fit?.validation || {}) as { protocol?: Protocol };
  if (chosenBy === undefined || chosenBy === protocol) return [];
  return [`The best epoch of ${name} was chosen by ${chosenBy} validation, and this page tests by ${protocol}.`];
};
