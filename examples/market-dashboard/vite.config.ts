// Builds the page from source into static files: the demo serves them itself, no Vite at run time.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('./page'),
  plugins: [react()],
  resolve: { conditions: ['@tickwire/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: here('./dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
