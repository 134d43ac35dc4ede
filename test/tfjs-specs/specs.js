/**
 * The specs in the package of tfjs-core, to be bundled with one copy of it; they run on the backend in `SPECS_BACKEND`.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-backend-cpu';
import { registerSimdBackend } from '@recsys/backend-simd';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';

const backendName = process.env.SPECS_BACKEND;
if (backendName === 'simd') registerSimdBackend();
setTestEnvs([{ name: backendName, backendName, flags: {}, isDataSync: true }]);
await import('@tensorflow/tfjs-core/dist/tests');
