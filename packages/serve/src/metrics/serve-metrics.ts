import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const latencies = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** What the gauges show when they are asked. */
interface Observed {
  queueLength(): number;
  requestsInFlight(): number;
  threads(): number;
  model(): { readonly version: string; readonly kind: string; readonly loadedAt: number } | undefined;
}

/** The metrics of a service, in a registry of the caller. */
export class ServeMetrics {
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'method' | 'status'>;
  readonly seconds: Histogram<'route'>;
  readonly batchSize: Histogram;
  readonly batchSeconds: Histogram;
  readonly lists: Counter;
  readonly fallbacks: Counter;
  readonly historyItems: Counter;
  readonly unknownItems: Counter;
  readonly events: Counter<'outcome'>;
  readonly threadsLost: Counter;
  readonly modelChanges: Counter<'outcome'>;

  constructor(registry: Registry, observed: Observed) {
    const registers = [registry];
    this.registry = registry;
    this.requests = new Counter({
      name: 'recsys_requests_total',
      help: 'Requests that were answered.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'recsys_request_seconds',
      help: 'Time from a request to its answer.',
      labelNames: ['route'],
      buckets: latencies,
      registers,
    });
    this.batchSize = new Histogram({
      name: 'recsys_batch_size',
      help: 'Requests that were scored together.',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    });
    this.batchSeconds = new Histogram({
      name: 'recsys_batch_seconds',
      help: 'Time that a scoring thread took for a batch.',
      buckets: latencies,
      registers,
    });
    const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
      new Counter<Label>({ name: `recsys_${name}_total`, help, labelNames, registers });
    this.lists = counter('lists', 'Lists that were made.');
    this.fallbacks = counter('fallbacks', 'Lists for histories of which the model knew no item.');
    this.historyItems = counter('history_items', 'Items in the histories of the lists.');
    this.unknownItems = counter('unknown_items', 'Items in the histories of the lists that the model did not know.');
    this.events = counter('events', 'Events: recorded, or known before.', ['outcome']);
    this.threadsLost = counter('threads_lost', 'Scoring threads that ended and were started again.');
    this.modelChanges = counter('model_changes', 'Models that took over, were refused, or were taken back.', [
      'outcome',
    ]);
    const gauge = (name: string, help: string, value: () => number | undefined) =>
      new Gauge({
        name: `recsys_${name}`,
        help,
        registers,
        collect() {
          const now = value();
          if (now !== undefined) this.set(now);
        },
      });
    gauge('queue_length', 'Requests that wait for a scoring thread.', () => observed.queueLength());
    gauge('requests_in_flight', 'Requests for lists that were taken and have no answer yet.', () =>
      observed.requestsInFlight(),
    );
    gauge('scoring_threads', 'Scoring threads that can work.', () => observed.threads());
    gauge('model_loaded_seconds', 'When the model began to answer, in seconds since 1970.', () => {
      const model = observed.model();
      return model && model.loadedAt / 1000;
    });
    gauge('model_age_seconds', 'Seconds since the model began to answer.', () => {
      const model = observed.model();
      return model && (Date.now() - model.loadedAt) / 1000;
    });
    new Gauge({
      name: 'recsys_model_info',
      help: 'The model that answers: 1 for its version.',
      labelNames: ['version', 'kind'],
      registers,
      collect() {
        this.reset();
        const model = observed.model();
        if (model !== undefined) this.set({ version: model.version, kind: model.kind }, 1);
      },
    });
  }
}
