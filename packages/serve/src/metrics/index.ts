// What the service measures of itself, for Prometheus.
export { ServeMetrics } from './serve-metrics.js';
