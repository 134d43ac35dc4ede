import { preset } from '../../tsup.preset.ts';

/** The page is built after this, into `dist/page`. */
export default preset();
