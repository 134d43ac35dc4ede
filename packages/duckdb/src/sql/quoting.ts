/** Returns a name as SQL has it: `"order"`. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Returns a text as SQL has it: `'it''s'`. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
