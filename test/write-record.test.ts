import { expect, it } from 'vitest';
import { formatRecord } from '../benchmarks/support/write-record.ts';

const record = {
  name: 'a "quoted" name',
  interval: [0.25, 1e-7],
  losses: [],
  left: undefined,
  details: { none: {}, nested: { absent: null } },
  epochs: [
    { epoch: 1, loss: 0.5 },
    { epoch: 2, loss: 0.25, hr10: [0.1, 0.2], more: { left: undefined, best: true } },
  ],
};

it('a record has a line for a field, and one for each object in a list', () => {
  expect(formatRecord(record)).toBe(`{
  "name": "a \\"quoted\\" name",
  "interval": [0.25, 1e-7],
  "losses": [],
  "details": {
    "none": {},
    "nested": {
      "absent": null
    }
  },
  "epochs": [
    { "epoch": 1, "loss": 0.5 },
    { "epoch": 2, "loss": 0.25, "hr10": [0.1, 0.2], "more": { "best": true } }
  ]
}`);
});

it('a record is read back as JSON.stringify would have written it', () => {
  expect(JSON.parse(formatRecord(record))).toEqual(JSON.parse(JSON.stringify(record)));
});
