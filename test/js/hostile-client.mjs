// The official client in trying conditions. Prints what happened to it as JSON.
//
//   mode "stay":  connects, and reports once it was disconnected and `wait` ms have passed
//   mode "block": connects, says so in the room, does nothing else for a while as
//                 a busy page would, and reports once it has all up to `until`
import { io } from "socket.io-client";

const { url, token, mode, room, until, wait } = JSON.parse(process.argv[2]);
const report = { connects: 0, messages: 0, reasons: [], exceptions: [], errors: [] };
const seen = new Map();
let cursor = "";
let finished = false;
let catching = false;

const socket = io(url + "/chat", {
  path: "/realtime/",
  transports: ["websocket"],
  auth: { token },
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});

// It does not outlive a test that gave up on it.
setTimeout(() => {
  console.error(JSON.stringify(report), cursor, seen.size);
  process.exit(1);
}, 55_000);

function done() {
  report.messages = seen.size;
  console.log(JSON.stringify(report));
  process.exit(0);
}

function note(m) {
  seen.set(m.seq, m.message);
  if (until && m.message === until) finished = true;
}
async function catchUp() {
  catching = true;
  for (;;) {
    const answer = await socket.emitWithAck("sync", { rooms: { [room]: cursor } });
    const one = answer.rooms[room];
    one.messages.forEach(note);
    cursor = one.cursor;
    if (!one.more) break;
  }
  catching = false;
  if (finished) done();
}

socket.on("connect", () => report.connects++);
socket.on("connect_error", (e) => report.errors.push({ message: e.message, code: e.data?.code }));
socket.on("message", (m) => {
  note(m);
  if (finished && !catching) done();
});
socket.on("exception", (e) => report.exceptions.push(e.code));
socket.on("disconnect", (reason) => {
  report.reasons.push(reason);
  if (mode === "stay") setTimeout(done, wait);
});
socket.on("ready", async ({ rooms }) => {
  if (mode !== "block") return;
  if (cursor !== "") return catchUp();
  cursor = rooms[room];
  await socket.emitWithAck("message", room, "ready");
  const end = Date.now() + 8000;
  while (Date.now() < end); // reads nothing
});
