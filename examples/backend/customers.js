// REPLACE THIS FILE. It stands for what you have: a login and a database.

const customers = new Map([
  ['ann', { id: 'ann', name: 'Ann', email: 'ann@shop.example' }],
  ['ben', { id: 'ben', name: 'Ben', email: 'ben@shop.example' }],
]);
const rooms = new Map(); // customer's id → promise of the room's id
const orders = new Map(); // customer's id / order's id → order

/**
 * Who is signed in. THIS IS NO LOGIN: it believes a header, so that everybody
 * may be anybody. Yours looks into its session.
 */
export function signedIn(req) {
  return customers.get(req.get('x-demo-customer') ?? '');
}

/** The customer's room, made once, however many ask at the same time. */
export function roomOf(customer, make) {
  if (!rooms.has(customer.id)) {
    const room = make();
    rooms.set(customer.id, room);
    room.catch(() => rooms.delete(customer.id));
  }
  return rooms.get(customer.id);
}

/** Keeps an order; one that is there already stays as it is. */
export function keepOrder(customer, order) {
  const key = `${customer.id}/${order.id}`;
  if (!orders.has(key)) orders.set(key, order);
  return orders.get(key);
}
