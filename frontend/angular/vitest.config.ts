import { defineConfig } from 'vitest/config';

export default defineConfig({
  // No DOM is needed: the service is tested over a fake client, the panel's rules as functions, the panel itself in e2e.
  test: { environment: 'node', include: ['src/**/*.spec.ts'], setupFiles: ['@angular/compiler'] },
});
