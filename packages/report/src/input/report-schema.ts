import { parseOptions } from '@recsys/errors';
import { z } from 'zod';
import { ReportError } from '../errors.js';
import type {
  AttentionExample,
  CatalogUse,
  DataSummary,
  ExampleUser,
  GroupResult,
  ItemMapInput,
  NearestItems,
  RankedResult,
  ReportEpoch,
  ReportOptions,
  ReportRun,
  ScoreSample,
  SectionName,
} from './report-options.js';

/** The sections that may be absent, in the order of the page. */
export const sectionNames = [
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
] as const satisfies readonly SectionName[];

/** An object of another function, which must have these keys. */
const having = <Type extends object>(...keys: (keyof Type & string)[]) =>
  z.custom<Type>(
    (value) => typeof value === 'object' && value !== null && keys.every((key) => key in value),
    `must be an object with ${keys.join(', ')}`,
  );

const functionOf = <Type>() => z.custom<Type>((value) => typeof value === 'function', 'must be a function');

const result = having<RankedResult>('protocol', 'numTargets', 'metrics', 'ranks', 'targets');

const runSchema = z.strictObject({
  name: z.string().min(1),
  model: z.string().optional(),
  epochs: z.array(having<ReportEpoch>('epoch', 'loss')).optional(),
  best: having<NonNullable<ReportRun['best']>>('epoch', 'metric', 'value').optional(),
  test: result.optional(),
  groups: z.array(having<GroupResult>('group', 'limit', 'numTargets', 'metrics')).optional(),
  catalog: having<CatalogUse>('k', 'numLists', 'coverage', 'gini', 'novelty').optional(),
  scores: having<ScoreSample>('probabilities', 'hits', 'numLists', 'k').optional(),
  examples: z.array(having<ExampleUser>('user', 'history', 'recommended')).optional(),
  nearest: z.array(having<NearestItems>('item', 'similar')).optional(),
  attention: having<AttentionExample>('items', 'weights').optional(),
  map: having<ItemMapInput>('catalog', 'vectors').optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  absent: z.partialRecord(z.enum(sectionNames), z.string()).optional(),
});

const reportSchema = z.strictObject({
  title: z.string().min(1),
  runs: z
    .array(runSchema)
    .min(1)
    .refine((runs) => new Set(runs.map(({ name }) => name)).size === runs.length, 'each run needs a name of its own'),
  data: having<DataSummary>('users', 'items', 'interactions', 'medianLength', 'lengths', 'counts', 'parts').optional(),
  baselines: z.record(z.string(), result).optional(),
  metric: z.custom<NonNullable<ReportOptions['metric']>>((value) => /^\w+@\d+$/.test(String(value))).optional(),
  nameOf: functionOf<NonNullable<ReportOptions['nameOf']>>().optional(),
  notes: z.array(z.string()).optional(),
});

/**
 * Returns the options of a report, checked.
 * @throws {ReportError} `bad-option`.
 */
export const parseReportOptions = (options: ReportOptions): ReportOptions =>
  parseOptions('createReport', reportSchema, options, { ErrorClass: ReportError });
