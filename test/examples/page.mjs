// Opens a page as a browser does, types what comes on standard input into its
// field, a line each, and prints each line that the page shows.
//
//   node page.mjs URL
import { createInterface } from 'node:readline';
import { JSDOM } from 'jsdom';

const { window } = await JSDOM.fromURL(process.argv[2], { runScripts: 'dangerously', resources: 'usable' });
const { document } = window;
if (document.readyState !== 'complete') await new Promise((done) => window.addEventListener('load', done));

new window.MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) console.log(node.textContent);
}).observe(document.getElementById('said'), { childList: true });

createInterface({ input: process.stdin }).on('line', (line) => {
  document.querySelector('#say input').value = line;
  document.querySelector('#say button').click();
});
console.log('open');
