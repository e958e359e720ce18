// A user with two devices is added to a room, gets a message there, and is
// removed, all without reconnecting. Printed is what went wrong.
import { io } from "socket.io-client";

const { url, creator, user, rounds } = JSON.parse(process.argv[2]);
const errors = [];

const connect = async (token, transports) => {
  const socket = io(`${url}/chat`, { path: "/realtime/", auth: { token }, transports, forceNew: true });
  socket.log = [];
  socket.onAny((name, body) => socket.log.push({ name, ...body }));
  socket.on("disconnect", (reason) => socket.done || errors.push(`disconnected: ${reason}`));
  await new Promise((done) => socket.once("ready", done));
  return socket;
};

const call = async (method, path, body) => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${creator.token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const result = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(result)}`);
  return result;
};

const owner = await connect(creator.token, ["websocket"]);
const phone = await connect(user.token, ["websocket"]);
const laptop = await connect(user.token, ["polling"]);
const post = async (room, text) => {
  const ack = await owner.emitWithAck("message", room, text);
  if (!ack.ok) errors.push(`post: ${ack.error.code}`);
};

for (let round = 0; round < rounds; round++) {
  const { roomId } = await call("POST", "/chat/rooms", { roomName: "moving", users: [creator.id] });
  const add = () => call("PUT", `/chat/rooms/${roomId}/addUsers`, { users: [user.id] });
  const remove = () => call("PUT", `/chat/rooms/${roomId}/removeUsers`, { users: [user.id] });
  await post(roomId, "before");
  await add();
  await post(roomId, "in");
  await remove();
  await post(roomId, "out");
  await add();
  await post(roomId, "in again");
  await call("DELETE", `/chat/rooms/${roomId}`);
  for (const device of [phone, laptop]) {
    await device.emitWithAck("ping"); // behind everything that was sent before
    const got = device.log
      .filter(({ name, room }) => room === roomId && /^(message|room-.*)$/.test(name))
      .map(({ name, message }) => message ?? name)
      .join();
    const want = "room-joined,in,room-left,room-joined,in again,room-deleted";
    if (got !== want) errors.push(`round ${round}: ${got}`);
  }
}
for (const socket of [owner, phone, laptop]) {
  socket.done = true;
  socket.disconnect();
}
process.stdout.write(`${JSON.stringify({ errors })}\n`);
