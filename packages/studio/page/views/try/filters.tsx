import type { AttributeInfo, FilterCondition, ItemFilter } from '../../../src/protocol/index.ts';
import { formatCount } from '../../parts/format.ts';
import { change, type Trial } from '../../state/trial.ts';

interface FiltersProps {
  readonly trial: Trial;
  readonly attributes: readonly AttributeInfo[];
  readonly titleOf: (item: string) => string;
}

/** What may be recommended: attributes of items, and items that are excluded. */
export const Filters = ({ trial: { filter, exclude }, attributes, titleOf }: FiltersProps) => {
  const set = (name: string, condition: FilterCondition | undefined) => {
    const { [name]: _, ...others } = filter;
    change({ filter: condition === undefined ? others : { ...others, [name]: condition } });
  };
  return (
    <section aria-labelledby="filters">
      <div class="heading">
        <h2 id="filters">What may be recommended</h2>
        {Object.keys(filter).length + exclude.length > 0 && (
          <button type="button" class="plain" onClick={() => change({ filter: {}, exclude: [] })}>
            All items
          </button>
        )}
      </div>
      {attributes.map((attribute) => (
        <Attribute
          key={attribute.name}
          attribute={attribute}
          filter={filter}
          onSet={(condition) => set(attribute.name, condition)}
        />
      ))}
      {attributes.length === 0 && (
        <p class="soft small">There are no attributes to filter by; --items FILE gives them.</p>
      )}
      {exclude.length > 0 && (
        <ul class="chips" aria-label="Excluded items">
          {exclude.map((item) => (
            <li key={item}>
              not {titleOf(item)}
              <button
                type="button"
                aria-label={`Allow ${titleOf(item)}`}
                onClick={() => change({ exclude: exclude.filter((own) => own !== item) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

interface AttributeProps {
  readonly attribute: AttributeInfo;
  readonly filter: ItemFilter;
  readonly onSet: (condition: FilterCondition | undefined) => void;
}

const Attribute = ({ attribute, filter, onSet }: AttributeProps) => {
  const { name } = attribute;
  const condition = filter[name];
  if (attribute.kind === 'numbers') {
    const { min, max } = condition === undefined || Array.isArray(condition) ? {} : condition;
    const set = (end: 'min' | 'max', text: string) => {
      const range = { ...(min !== undefined && { min }), ...(max !== undefined && { max }), [end]: Number(text) };
      if (text === '') delete range[end];
      onSet(Object.keys(range).length === 0 ? undefined : range);
    };
    return (
      <fieldset class="attribute">
        <legend>{name}</legend>
        {(['min', 'max'] as const).map((end) => (
          <label key={end}>
            {end === 'min' ? 'from' : 'to'}{' '}
            <input
              type="number"
              step="any"
              placeholder={String(attribute[end])}
              value={(end === 'min' ? min : max) ?? ''}
              onChange={({ currentTarget }) => set(end, currentTarget.value)}
            />
          </label>
        ))}
      </fieldset>
    );
  }
  const wanted = Array.isArray(condition) ? condition : [];
  const left = attribute.values.filter(({ value }) => !wanted.includes(value));
  return (
    <fieldset class="attribute">
      <legend>{name}</legend>
      {wanted.length > 0 && (
        <ul class="chips" aria-label={`${name}: any of`}>
          {wanted.map((value) => (
            <li key={value}>
              {value}
              <button
                type="button"
                aria-label={`Remove ${value}`}
                onClick={() => onSet(wanted.length === 1 ? undefined : wanted.filter((own) => own !== value))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <select
        aria-label={`Only ${name}`}
        value=""
        onChange={({ currentTarget }) => onSet([...wanted, currentTarget.value])}
      >
        <option value="">{wanted.length === 0 ? 'any' : 'or …'}</option>
        {left.map(({ value, items }) => (
          <option key={value} value={value}>
            {value} ({formatCount(items)})
          </option>
        ))}
      </select>
      {attribute.others > 0 && <span class="soft small"> and {formatCount(attribute.others)} rarer values</span>}
    </fieldset>
  );
};
