/** What the items of the simulated shop are called. The ids that the model knows are `item-1`, `item-2`, …. */

/** Colours by name, as CSS. */
const colours: Readonly<Record<string, string>> = {
  Amber: '#e0a030',
  Blue: '#2f6fd0',
  Coral: '#f07c62',
  Cream: '#f2e6c8',
  Green: '#3b9150',
  Grey: '#8d949b',
  Indigo: '#4b3fa8',
  Plum: '#8b3a76',
  Red: '#cc3333',
  Teal: '#198c8c',
  White: '#ffffff',
  Yellow: '#f3d43b',
};
const things = ['basket', 'blanket', 'bowl', 'clock', 'kettle', 'lamp', 'mirror', 'notebook', 'stool', 'vase'];

/** An item of the shop. */
export interface Item {
  readonly id: string;
  readonly title: string;
  /** Its colour, as CSS. */
  readonly colour: string;
}

/** All items of the shop, in order of their ids. */
export const items: readonly Item[] = things.flatMap((thing, i) =>
  Object.entries(colours).map(([name, colour], j) => ({
    id: `item-${i * Object.keys(colours).length + j + 1}`,
    title: `${name} ${thing}`,
    colour,
  })),
);
