// Serves the built console for trials as the binary does: base href and nonce filled
// in, the Content-Security-Policy set, index.html for every path that is no file, and
// the API of a running server below the same prefix.
//   node serve.js [port] [server] [prefix]     e.g. node serve.js 4204 http://127.0.0.1:4104 /support
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const [port = '4204', server = 'http://127.0.0.1:3000', prefix = ''] = process.argv.slice(2);
const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist/console');
const types = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8' };
const base = `${prefix}/console/`;

const pages = createServer(async (req, res) => {
  const path = new URL(req.url ?? '/', 'http://x').pathname;
  if (!path.startsWith(base)) {
    return forward(req, res);
  }
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self' ws: wss:",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  const headers = { 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': policy.join('; ') };
  const name = normalize(decodeURIComponent(path.slice(base.length)));
  try {
    const bytes = await readFile(join(dist, extname(name) in types ? name : 'index.html'));
    const ending = extname(name) in types ? extname(name) : '.html';
    const body = ending === '.html' ? filled(bytes.toString(), nonce) : bytes;
    res.writeHead(200, { ...headers, 'Content-Type': types[ending] ?? 'application/octet-stream' }).end(body);
  } catch {
    res.writeHead(404, headers).end('Not found');
  }
});

function filled(page, nonce) {
  return page.replaceAll('__BASE_HREF__', base).replaceAll('__CSP_NONCE__', nonce);
}

function options(req) {
  const url = new URL((req.url ?? '/').slice(prefix.length), server);
  return {
    host: url.hostname,
    port: url.port,
    path: url.pathname + url.search,
    method: req.method,
    headers: { ...req.headers },
  };
}

function forward(req, res) {
  const onward = request(options(req), (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  onward.on('error', () => res.writeHead(502).end());
  req.pipe(onward);
}

pages.on('upgrade', (req, socket, head) => {
  const onward = request(options(req));
  onward.on('upgrade', (answer, peer, first) => {
    const lines = answer.rawHeaders.flatMap((name, i, all) => (i % 2 ? [] : [`${name}: ${all[i + 1]}`]));
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.write(first);
    peer.write(head);
    peer.pipe(socket).pipe(peer);
    peer.on('error', () => socket.destroy());
    socket.on('error', () => peer.destroy());
  });
  onward.on('response', () => socket.destroy());
  onward.on('error', () => socket.destroy());
  onward.end();
});

pages.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}${base}`));
