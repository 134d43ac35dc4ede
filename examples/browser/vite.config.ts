import { defineConfig } from 'vite';

/** With these headers a page is cross-origin isolated, which threads need. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig(({ mode }) => {
  const headers = mode === 'not-isolated' ? {} : isolation;
  return {
    root: import.meta.dirname,
    base: './', // the page works in any folder of a site
    appType: 'mpa', // a file that is missing is an error, not the page
    worker: { format: 'es' }, // a worker that loads parts of the library when they are needed
    build: { target: 'es2022', chunkSizeWarningLimit: 2000 },
    server: { headers },
    preview: { headers },
  };
});
