/** The dashboard as files that need nothing from outside and run under a policy that allows nothing inline. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Whoever is led to a place of the page gets the page. */
const isLed = ({ headers }: { headers: { accept?: string } }) =>
  headers.accept?.includes('text/html') ? '/index.html' : undefined;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // Places of the page lie at any depth below the root.
  base: '/',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // From these on browsers know `light-dark()` themselves.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // As `data:` addresses they would be against the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  // `npm run dev:web` beside a service: the page from its sources, everything else from there.
  server: {
    proxy: Object.fromEntries(
      ['session', 'board', 'tasks', 'agents', 'events', 'machines', 'pipelines', 'queue', 'deliveries', 'figures'].map(
        name => [`/${name}`, { target: process.env.SIGNALBOX_URL ?? 'http://127.0.0.1:8500', bypass: isLed }],
      ),
    ),
  },
});
