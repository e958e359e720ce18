import { createServer, type Server } from 'node:http';
import { listen, shut } from './ports';

/** Somebody's own website with the widget on it: another origin, with a policy as strict as it can be. */
export class Site {
  url = '';
  host = '';
  private readonly server: Server;

  constructor(parley: { url: string; host: string }, attributes = '') {
    const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A site</title><link rel="icon" href="data:,"><script src="${parley.url}widget.js" defer></script></head>
<body><main><h1>A site of its own</h1></main><parley-chat ${attributes}></parley-chat></body>
</html>`;
    const policy = [
      "default-src 'none'",
      `script-src ${parley.url}`,
      "style-src 'self'",
      `connect-src ${parley.url} ws://${parley.host}`,
      'img-src data:',
    ].join('; ');
    this.server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy });
      response.end(page);
    });
  }

  async start(): Promise<void> {
    this.host = `localhost:${await listen(this.server)}`;
    this.url = `http://${this.host}/`;
  }

  async stop(): Promise<void> {
    await shut(this.server);
  }
}
