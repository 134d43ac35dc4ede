// What a report is made from: plain objects, as `fit`, `evaluate` and the other functions of the packages return them.
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
} from './report-options.js';
export { parseReportOptions, sectionNames } from './report-schema.js';
