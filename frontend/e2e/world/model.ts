import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, shut } from './ports';

/**
 * A language model's server, as OpenAI's is, that says what the test tells it to and when: replies last as long as a
 * test needs them to, on any machine.
 */
export class Model {
  url = '';
  /** The questions, in the order that they came in. */
  readonly asked: string[] = [];
  /** Answers at once, where a test does not say each word itself. */
  answer: ((question: string) => string) | undefined;
  private readonly server: Server;
  private open: ServerResponse | undefined;

  constructor() {
    this.server = createServer((request, response) => void this.take(request, response));
  }

  async start(): Promise<void> {
    this.url = `http://127.0.0.1:${await listen(this.server)}/v1`;
  }

  async stop(): Promise<void> {
    await shut(this.server);
  }

  /** Some more of the reply that is open. */
  say(text: string): void {
    if (!this.open) throw new Error('nobody has asked');
    write(this.open, text);
  }

  finish(): void {
    if (this.open) end(this.open);
    this.open = undefined;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
    const question = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    this.asked.push(question);
    if (this.answer) {
      write(response, this.answer(question));
      end(response);
    } else this.open = response;
  }
}

function write(response: ServerResponse, content: string): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
}

function end(response: ServerResponse): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`);
  response.end('data: [DONE]\n\n');
}
