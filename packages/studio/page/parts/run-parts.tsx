import type { RunSummary } from '../../src/protocol/index.ts';
import { statusText } from './format.ts';

/** The status of a run, as a word with a sign of its own, so that its colour says nothing alone. */
export const Status = ({ run: { status } }: { run: RunSummary }) => (
  <span class="status" data-status={status}>
    <span aria-hidden="true">{{ training: '●', finished: '✓', stopped: '■', unreadable: '!' }[status]}</span>
    {statusText[status]}
  </span>
);

/** How far a run is: `12 / 40`. */
export const Progress = ({ run: { epochs, status } }: { run: RunSummary }) => (
  <>
    {epochs.done}
    <span class="soft"> / {epochs.planned}</span>
    {status === 'training' && (
      <progress
        value={epochs.done}
        max={epochs.planned || 1}
        aria-label={`epoch ${epochs.done} of ${epochs.planned}`}
      />
    )}
  </>
);

/** Returns the name of the metric of a kind, such as `ndcg`, among those that there are: that at 10 first. */
export const metricOf = (metrics: Readonly<Record<string, unknown>>, kind: string): string | undefined => {
  const names = Object.keys(metrics).filter((name) => name.startsWith(`${kind}@`));
  return names.includes(`${kind}@10`) ? `${kind}@10` : names[0];
};

/** The value of a metric in a table; its cut-off where that is not 10. */
export const MetricCell = ({
  metrics,
  kind,
}: {
  metrics: Readonly<Record<string, number>> | undefined;
  kind: string;
}) => {
  const name = metrics && metricOf(metrics, kind);
  if (metrics === undefined || name === undefined) return <span class="soft">–</span>;
  return (
    <>
      {metrics[name].toFixed(4)}
      {name !== `${kind}@10` && <span class="soft"> {name.slice(kind.length)}</span>}
    </>
  );
};

/** What a view says where it has nothing to show, and what to do next. */
export const Empty = ({ title, children, inView = false }: EmptyProps) => (
  <section class="empty">
    {inView ? <h2>{title}</h2> : <h1>{title}</h1>}
    {children}
  </section>
);

interface EmptyProps {
  readonly title: string;
  readonly children: preact.ComponentChildren;
  /** Whether the view has a heading already. */
  readonly inView?: boolean;
}

/** A choice of one of a few. */
export const Choice = <Value extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChoose: (value: Value) => void;
}) => (
  <fieldset class="choice">
    <legend>{label}</legend>
    {options.map(([own, text]) => (
      <label key={own}>
        <input type="radio" name={label} checked={own === value} onChange={() => onChoose(own)} />
        <span>{text}</span>
      </label>
    ))}
  </fieldset>
);

/** A table that may be wider than the page: it scrolls by itself, also by keyboard. */
export const Scroll = ({ label, children }: { label: string; children: preact.ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
  <div class="scroll" tabIndex={0} role="group" aria-label={label}>
    {children}
  </div>
);
