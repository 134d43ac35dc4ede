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

it('a record has one line per field, and per object in a list', () => {
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

it('a record parses to the same value as JSON.stringify would write', () => {
  expect(JSON.parse(formatRecord(record))).toEqual(JSON.parse(JSON.stringify(record)));
});
