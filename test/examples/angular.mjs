// Compiles a service and runs it: sends what comes on standard input, a line
// each, and prints each message that its signal and its stream show.
//
//   node angular.mjs DIRECTORY URL TOKEN ROOM
//
// The directory has chat.service.ts and app.config.ts, and a link to node_modules.
import '@angular/compiler';
import { Injector } from '@angular/core';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const [directory, url, token, room] = process.argv.slice(2);
compile(['chat.service.ts', 'app.config.ts'].map((file) => `${directory}/${file}`));

const { Chat, CHAT } = await import(pathToFileURL(`${directory}/chat.service.js`));
const injector = Injector.create({
  providers: [{ provide: Chat }, { provide: CHAT, useValue: { url, token: async () => token } }],
});
const chat = injector.get(Chat);
chat.stream.subscribe(({ sender, content }) => {
  const seen = chat.messages().at(-1);
  console.log(`${sender}: ${content} (${chat.count()}, ${seen.content}, ${chat.connected()})`);
});
createInterface({ input: process.stdin })
  .on('line', (line) => chat.send(room, line).catch((error) => console.log(`refused: ${error.message}`)))
  .on('close', () => chat.ngOnDestroy());

function compile(files) {
  const program = ts.createProgram(files, {
    strict: true,
    skipLibCheck: true, // as in a new application
    noImplicitOverride: true,
    noPropertyAccessFromIndexSignature: true,
    experimentalDecorators: true,
    useDefineForClassFields: false,
    module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  });
  const { diagnostics } = program.emit();
  const wrong = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (wrong.length === 0) return;
  const host = { getCanonicalFileName: (f) => f, getCurrentDirectory: () => directory, getNewLine: () => '\n' };
  console.error(ts.formatDiagnostics(wrong, host));
  process.exit(1);
}
