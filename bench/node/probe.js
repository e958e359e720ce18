// Asks Socket.IO server libraries a few questions with the official client and
// with raw frames, and prints the answers as a Markdown table.
//
//   node probe.js 'name=program arguments' ...     (make -C bench probe)
//
// Each program is run with an address to listen on, afresh for every question,
// and killed after it; no question takes longer than its deadline.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

const EVENTS = 1000;
const CLIENTS = 10;
const SENT = 300;
const PONG_CONNECTIONS = 200;
const POST_MEGABYTES = 60;
const ATTACHMENTS = 100_000;
const ATTACHMENT_BYTES = 100_000;
const ATTACHMENTS_SENT = 1000;
const QUIET_MS = 1500; // no news for so long means that none will come
const DEADLINE_MS = 60_000;

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const questions = [
  [`${EVENTS} events broadcast to a room of ${CLIENTS} WebSocket clients: each gets`, broadcast],
  [`one connection sends ${SENT} events: handled`, order],
  ['frame `42` without payload, before CONNECT', (s) => bareEvent(s, false)],
  ['frame `42` without payload, after CONNECT', (s) => bareEvent(s, true)],
  [`WebSocket PONG frames right after the upgrade, ${PONG_CONNECTIONS} connections`, (s) => earlyPongs(s, 0x8a, '')],
  [`Engine.IO PONG packets right after the upgrade, ${PONG_CONNECTIONS} connections`, (s) => earlyPongs(s, 0x81, '3')],
  [`chunked POST of ${POST_MEGABYTES} MB (limit 1 MB): peak memory`, bigPost],
  [`event that announces ${ATTACHMENTS} attachments, ${ATTACHMENTS_SENT} of 100 kB sent: memory`, attachments],
];

async function broadcast(server) {
  const got = [];
  let last = Date.now();
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, k) => {
      got[k] = [];
      const client = await connected(server);
      client.on('numbered', (i) => {
        got[k].push(i);
        last = Date.now();
      });
      return client;
    }),
  );
  clients[0].emit('broadcast', EVENTS);
  last = Date.now();
  while (got.some((g) => g.length < EVENTS) && Date.now() - last < QUIET_MS && server.alive()) await delay(20);
  clients.forEach((client) => client.disconnect());
  const counts = got.map((g) => g.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const inOrder = got.every((g) => descents(g) === 0);
  const number = least === EVENTS && most === EVENTS ? 'all' : least === most ? `${least}` : `${least} to ${most}`;
  return `${number}, ${inOrder ? 'in order' : 'out of order'}`;
}

async function order(server) {
  const client = await connected(server);
  for (let i = 0; i < SENT; i++) client.emit('nth', i);
  let handled = [];
  let last = Date.now();
  while (handled.length < SENT && Date.now() - last < QUIET_MS) {
    await delay(50);
    const now = await client.timeout(5000).emitWithAck('order');
    if ((now ?? []).length !== handled.length) last = Date.now();
    handled = now ?? [];
  }
  client.disconnect();
  const wrong = descents(handled);
  return `${handled.length === SENT ? 'all' : handled.length}, ${wrong ? `${wrong} inversions` : 'in order'}`;
}

// descents counts the events that come right after one that was sent later.
function descents(seen) {
  return seen.filter((value, at) => at > 0 && value < seen[at - 1]).length;
}

async function bareEvent(server, afterConnect) {
  const socket = new WebSocket(`ws://${server.address}/socket.io/?EIO=4&transport=websocket`);
  const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
  socket.on('error', () => {}); // close follows
  socket.on('message', (frame) => {
    const text = frame.toString();
    if (text[0] === '0') socket.send(afterConnect ? '40' : '42');
    else if (text.startsWith('40')) socket.send('42');
  });
  const end = await Promise.race([closed, server.died, delay(QUIET_MS, 'stays open')]);
  socket.terminate();
  await Promise.race([server.died, delay(200)]);
  return server.alive() ? `connection ${end}` : 'the process dies';
}

// earlyPongs opens raw connections that send 20 frames as soon as the upgrade is
// answered, which may be before the server is done setting the connection up.
async function earlyPongs(server, opcode, payload) {
  const mask = Buffer.from([0x80 | payload.length, 0, 0, 0, 0]);
  const frames = Buffer.concat(Array(20).fill(Buffer.concat([Buffer.from([opcode]), mask, Buffer.from(payload)])));
  const [host, port] = server.address.split(':');
  const upgrade =
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${server.address}\r\nUpgrade: websocket\r\n` +
    `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;
  let upgraded = 0;
  for (let i = 0; i < PONG_CONNECTIONS && server.alive(); i++) {
    const socket = connect(Number(port), host);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}); // close follows
    socket.write(upgrade);
    const answered = new Promise((resolve) => socket.once('data', resolve));
    const answer = await Promise.race([answered, closed, delay(2000)]);
    if (answer?.toString().startsWith('HTTP/1.1 101')) upgraded++;
    if (!socket.destroyed) socket.write(frames);
    await Promise.race([closed, server.died, delay(10)]);
    socket.destroy();
  }
  await Promise.race([server.died, delay(200)]);
  if (!server.alive()) return 'the process dies';
  return upgraded === PONG_CONNECTIONS ? 'fine' : `${upgraded} upgraded`;
}

async function bigPost(server) {
  const sid = JSON.parse((await get(`http://${server.address}/socket.io/?EIO=4&transport=polling`)).slice(1)).sid;
  const before = server.memory('VmHWM');
  const answer = await new Promise((resolve) => {
    const post = request(`http://${server.address}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST' }, (response) => {
      response.resume();
      resolve(`${response.statusCode}`);
    });
    post.on('error', () => resolve('connection closed'));
    post.setHeader('Content-Type', 'text/plain;charset=UTF-8');
    const chunk = Buffer.alloc(1_000_000, 0x34);
    let sent = 0;
    const more = () => {
      while (sent < POST_MEGABYTES && !post.destroyed) {
        sent++;
        if (!post.write(chunk)) return void post.once('drain', more);
      }
      post.end();
    };
    more();
    void delay(QUIET_MS * 10).then(() => resolve('no answer'));
  });
  await delay(300);
  return server.alive() ? `${grown(before, server.memory('VmHWM'))} (${answer})` : 'the process dies';
}

async function attachments(server) {
  const before = server.memory('VmHWM');
  const socket = new WebSocket(`ws://${server.address}/socket.io/?EIO=4&transport=websocket`);
  const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
  socket.on('error', () => {}); // close follows
  await Promise.race([closed, new Promise((resolve) => socket.on('message', (frame) => {
    const text = frame.toString();
    if (text[0] === '0') socket.send('40');
    else if (text.startsWith('40')) resolve();
  }))]);
  socket.send(`45${ATTACHMENTS}-["nth",{"_placeholder":true,"num":0}]`);
  const attachment = Buffer.alloc(ATTACHMENT_BYTES);
  for (let i = 0; i < ATTACHMENTS_SENT && socket.readyState === WebSocket.OPEN; i++) {
    await Promise.race([closed, new Promise((resolve) => socket.send(attachment, resolve))]);
  }
  const end = await Promise.race([closed, server.died, delay(QUIET_MS, 'kept')]);
  const after = server.alive() && server.memory('VmHWM');
  socket.terminate();
  if (!server.alive()) return 'the process dies';
  return `${grown(before, after)} (${end === 'closed' ? 'refused' : end})`;
}

function grown(before, after) {
  return `+${Math.max(0, (after - before) / 1024).toFixed(0)} MiB`;
}

function get(address) {
  return new Promise((resolve, reject) => {
    request(address, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

function connected(server) {
  const client = io(`http://${server.address}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('connect_error', reject);
  });
}

async function start(command) {
  const address = `127.0.0.1:${await freePort()}`;
  const [program, ...args] = command.split(' ');
  const child = spawn(program, [...args, address], { stdio: 'ignore' });
  children.add(child);
  let running = true;
  const died = new Promise((resolve) =>
    child.once('exit', () => {
      running = false;
      children.delete(child);
      resolve('died');
    }),
  );
  child.once('error', (err) => {
    running = false;
    console.error(`${command}: ${err.message}`);
  });
  const server = {
    address,
    died,
    alive: () => running,
    // KiB, from /proc/<pid>/status
    memory: (field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]),
    stop: async () => {
      if (running && child.kill('SIGKILL')) await died;
    },
  };
  for (let i = 0; i < 200 && running; i++) {
    if (await answers(address)) return server;
    await delay(25);
  }
  await server.stop();
  throw new Error(`${command} does not listen on ${address}`);
}

function answers(address) {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => resolve(true) || socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function ask(command, question) {
  const server = await start(command);
  try {
    return await Promise.race([question(server), delay(DEADLINE_MS, 'no answer in time')]);
  } catch (err) {
    return server.alive() ? `failed: ${err.message}` : 'the process dies';
  } finally {
    await server.stop();
  }
}

const subjects = process.argv.slice(2).map((arg) => {
  const at = arg.indexOf('=');
  return { name: arg.slice(0, at), command: arg.slice(at + 1) };
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
console.log(`| probe | ${subjects.map((s) => s.name).join(' | ')} |`);
console.log(`|---|${subjects.map(() => '---|').join('')}`);
for (const [name, question] of questions) {
  const answers = [];
  for (const { command } of subjects) answers.push(await ask(command, question));
  console.log(`| ${name} | ${answers.join(' | ')} |`);
}
process.exit(0);
