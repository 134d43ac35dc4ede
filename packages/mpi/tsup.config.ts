import { preset } from '../../tsup.preset.ts';

/** koffi stays a package of its own: it has a binary for each platform. */
export default { ...preset(), external: ['koffi'] };
