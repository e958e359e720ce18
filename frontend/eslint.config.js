// The rules of all pages. Formatting is Prettier's.
import angular from 'angular-eslint';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '**/.angular/', '**/test-results/', '**/playwright-report/', 'docs/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    // `Observable<void>` and the like are meant.
    rules: { '@typescript-eslint/no-invalid-void-type': 'off' },
  },
  // What a test has just awaited is there.
  { files: ['**/test/**/*.ts', 'e2e/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['{angular,console,shop}/**/*.ts'],
    extends: [...angular.configs.tsRecommended],
    processor: angular.processInlineTemplates,
    rules: { '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }] },
  },
  {
    files: ['{angular,console,shop}/src/app/**/*.html', '{angular,console,shop}/src/**/*.component.html'],
    extends: [...angular.configs.templateRecommended, ...angular.configs.templateAccessibility],
  },
);
