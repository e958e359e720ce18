// A shop's backend, whose customers may chat with its support.
//
//   PARLEY_JWT_SECRET=... [PARLEY_MASTER_KEY=...] node server.js
//
// GET /chat-token gives a page what it connects with; POST /orders {id, item}
// places an order, which is then told in the customer's room.
import express from 'express';
import { keepOrder, roomOf, signedIn } from './customers.js';
import { Parley } from './parley.js';

const url = process.env.PARLEY_URL ?? 'http://localhost:3000';
const parley = new Parley({
  url,
  secret: process.env.PARLEY_JWT_SECRET ?? '',
  masterKey: process.env.PARLEY_MASTER_KEY,
  issuer: process.env.PARLEY_JWT_ISSUER ?? 'shop',
});
const support = { id: 'shop-support', name: 'Support', email: 'support@shop.example' };

const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '10kb' }));
app.use((req, res, next) => {
  // The path alone: queries, headers and answers may hold what is nobody's business.
  res.on('finish', () => console.log(`${req.method} ${req.path} ${res.statusCode}`));
  req.customer = signedIn(req);
  if (!req.customer) return res.status(401).json({ error: 'Sign in first' });
  next();
});

app.get('/chat-token', async (req, res) => {
  const room = await chatRoom(req.customer);
  res.set('cache-control', 'no-store');
  res.json({ url, room, token: await parley.token(req.customer) });
});

app.post('/orders', (req, res) => {
  const { id, item } = req.body ?? {};
  const isId = typeof id === 'string' && /^[\w-]{1,64}$/.test(id);
  if (!isId || typeof item !== 'string' || item.length < 1 || item.length > 200) {
    return res.status(400).json({ error: 'An order has an id and an item' });
  }
  const order = keepOrder(req.customer, { id, item });
  res.status(201).json(order);
  // The order stands, whether the chat is there or not. In yours this is a job
  // of the queue that you have: it may run again, as often as it takes.
  tell(req.customer, order).catch((error) => console.error(error.message));
});

// The error's text names a route and what the server said to it, no header.
app.use((error, req, res, _next) => {
  console.error(error.message);
  const status = error.status ?? 502; // what Express refuses has a status
  res.status(status).json({ error: status < 500 ? error.message : 'The chat is not there, try again later' });
});

// chatRoom returns the room of a customer and the support. Both are made known
// first: Parley adds nobody it has not heard of.
function chatRoom(customer) {
  return roomOf(customer, async () => {
    await parley.saveUser(customer);
    await parley.saveUser(support);
    return parley.createRoom(`${customer.name} and the shop`, [customer.id, support.id]);
  });
}

async function tell(customer, order) {
  const room = await chatRoom(customer);
  await parley.say(room, `Order ${order.id} is placed: ${order.item}`, `order-${order.id}`);
  console.log(`order ${order.id} is told`);
}

const server = app.listen(Number(process.env.PORT ?? 4000), 'localhost', (error) => {
  if (error) throw error;
  console.log(`http://localhost:${server.address().port}`);
});
process.on('SIGTERM', () => server.close());
