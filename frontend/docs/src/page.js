import { accessible } from './accessible.js';

// Swagger UI has dark colours of its own, for whom this class asks.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

// Swagger UI over this server's own document. No validator: it is on the internet.
window.SwaggerUIBundle({
  url: new URL('../openapi.json', document.baseURI).href,
  dom_id: '#api',
  plugins: [accessible],
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: false,
  defaultModelsExpandDepth: 0,
  // Of its themes, one whose every colour is bright enough on its ground.
  syntaxHighlight: { theme: 'tomorrow-night' },
});
