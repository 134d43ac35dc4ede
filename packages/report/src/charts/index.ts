// Charts as SVG in the page: each has axes, a name for screen readers, and colours of the page for light and dark. Knows numbers and labels only.
export { barChart, histogram } from './bar-charts.js';
export { colorOf, dashOf, legend, type Series } from './colors.js';
export { figure, figures } from './figure.js';
export { heatMap } from './heat-map.js';
export { intervalChart } from './interval-chart.js';
export { type Curve, lineChart } from './line-chart.js';
export { type MapPoint, pointMap } from './point-map.js';
export { scoreChart } from './score-chart.js';
