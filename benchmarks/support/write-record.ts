import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns JSON on one line. */
const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = definedFields(value).map(([name, own]) => `${JSON.stringify(name)}: ${onOneLine(own)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
};

const definedFields = (value: object) => Object.entries(value).filter(([, own]) => own !== undefined);

/**
 * Returns JSON with one line per field, per array of plain values, and per object in an array: a learning curve has one
 * line per epoch.
 */
export const formatRecord = (value: unknown, indent = ''): string => {
  const deeper = `${indent}  `;
  const lines = (open: string, parts: string[], close: string) =>
    parts.length === 0 ? open + close : `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (!Array.isArray(value)) {
    const parts = definedFields(value).map(([name, own]) => `${JSON.stringify(name)}: ${formatRecord(own, deeper)}`);
    return lines('{', parts, '}');
  }
  const hasObjects = value.some((own) => typeof own === 'object' && own !== null);
  return hasObjects ? lines('[', value.map(onOneLine), ']') : onOneLine(value);
};

/** Writes the record of a measurement, formatted by `formatRecord`. */
export const writeRecord = (path: string, record: object): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${formatRecord(record)}\n`);
};
