/**
 * The architecture as rules: which package may import which, and which room of a package may import which. `pnpm check:architecture` runs
 * them. Tests may import anything.
 */

/** The packages that the source of each package may import at run time. */
const packages = {
  errors: [],
  metrics: ['errors'],
  data: ['errors'],
  duckdb: ['errors', 'data'],
  layers: ['errors'],
  'backend-simd': ['errors'],
  model: ['errors', 'metrics', 'data', 'layers', 'backend-simd'],
  training: ['errors', 'metrics', 'data', 'layers', 'model'],
  sasrec: ['errors', 'layers', 'model'],
  hstu: ['errors', 'layers', 'model'],
  export: ['errors', 'data', 'layers', 'model', 'sasrec'],
  serve: ['errors', 'data', 'model', 'sasrec', 'hstu'],
  studio: ['errors', 'data', 'model', 'serve'],
  bullmq: ['errors', 'model'],
  mpi: ['errors'],
  report: ['errors', 'metrics', 'data'],
  cli: [
    ...['errors', 'metrics', 'data', 'layers', 'model', 'training', 'sasrec', 'hstu', 'export', 'serve', 'studio'],
    ...['duckdb', 'mpi', 'report'],
  ],
};

/** Rooms from left to right, as in ARCHITECTURE.md. A room imports rooms to its right, never to its left. */
const rooms = {
  data: [
    'simulate',
    'datasets',
    'write',
    'databases',
    'features',
    'read',
    'batches',
    'candidates',
    'negatives',
    'splits',
    'sequences',
    'verbs',
    'table',
    'times',
    'files',
  ],
  duckdb: ['shards', 'prepare', 'database', 'directory', 'sql'],
  layers: ['features', 'layers', 'base', 'ops'],
  model: ['shards', 'recommend', 'files', 'backends', 'scoring', 'contract'],
  training: [
    'testing',
    'tuning',
    'trackers',
    'fit',
    'parts',
    'recipe',
    'runs',
    'evaluation',
    'baselines',
    'losses',
    'optimizers',
  ],
  export: ['files', 'onnx', 'tfjs', 'safetensors', 'vectors', 'graph'],
  serve: ['client', 'server', 'models', 'scoring', 'thread', 'metrics', 'histories', 'protocol'],
  report: ['document', 'sections', 'charts', 'summaries', 'input', 'html'],
  studio: ['server', 'models', 'runs', 'protocol'],
  cli: [
    'studio',
    'serve',
    'nightly',
    'tune',
    'train',
    'report',
    'evaluate',
    'explain',
    'export',
    'recommend',
    'data',
    'ranks',
    'track',
    'models',
    'options',
    'pictures',
    'terminal',
  ],
};

/** A package as an import finds it: its source, its build, or, where it is not built or not declared, its name. */
const target = (name) => `^(packages|@recsys)/${name}(/|$)`;

const isTest = '\\.test\\.ts$|/test-[a-z]+\\.ts$|/testing/';

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-is-below-it`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: isTest },
  to: { path: target('[^/]+'), pathNot: target(`(${[name, ...allowed].join('|')})`) },
}));

const roomRules = Object.entries(rooms).flatMap(([name, own]) =>
  own.slice(1).map((room, i) => ({
    name: `${name}-${room}-imports-only-rooms-to-its-right`,
    severity: 'error',
    from: { path: `^packages/${name}/src/${room}/`, pathNot: isTest },
    to: { path: `^packages/${name}/src/(${own.slice(0, i + 1).join('|')})/` },
  })),
);

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^packages/' },
      to: { circular: true },
    },
    {
      name: 'no-deep-imports-across-packages',
      comment: 'Another package is imported by its name, which leads to its entry points.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: isTest },
      to: { path: '^packages/[^/]+/src/|^@recsys/[^/]+/(dist|src)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'only-select-backend-loads-the-backend',
      severity: 'error',
      from: { path: '^packages/', pathNot: ['^packages/backend-simd/', '/select-backend\\.ts$', isTest] },
      to: { path: target('backend-simd') },
    },
    ...packageRules,
    ...roomRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/assembly/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
