// A report on training runs as one HTML file, from plain objects. Knows no model, reads no files.
export { createReport } from './document/index.js';
export { ReportError, type ReportErrorCode } from './errors.js';

// What it is made from.

export type {
  AttentionExample,
  CatalogUse,
  DataSummary,
  ExampleUser,
  GroupResult,
  ItemMapInput,
  LengthBin,
  MetricEstimate,
  NearestItems,
  RankedItem,
  RankedResult,
  ReportEpoch,
  ReportOptions,
  ReportRun,
  ScoreSample,
  SectionName,
  TimeBin,
} from './input/index.js';

// What makes some of it.

export {
  type DescribeDataOptions,
  describeData,
  type SampleScoresOptions,
  type ScoredHistory,
  sampleScores,
} from './summaries/index.js';
