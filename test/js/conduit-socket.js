// Conduit's socket: what is sent to it, what it sends, over either transport.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  ask, call, check, connect, download, fence, fresh, has, newRoom, shapes, texts, upload,
} from "./conduit-client.js";
import { connecting, errors } from "./conduit-refusals.js";

export const socket = async (ada, ben, cy, dee) => {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) await connecting(ada, transports);
  for (const transports of [["polling"], ["websocket"]]) {
    const over = `over ${transports[0]}`;
    const here = { over, room: await newRoom(ada, ben), users: { ada, ben, cy, dee } };
    // ada has two devices, ben the other side, dee is never in the room.
    [here.ada, here.phone, here.ben, here.dee] = await Promise.all(
      [ada, ada, ben, dee].map((user) => connect(user, { transports })),
    );
    const parts = [messages, nonces, files, typing, read, listening, membership, changes, errors];
    for (const part of parts) await part(here);
    await check(`nobody was disconnected ${over}`, () => {
      for (const one of [here.ada, here.phone, here.ben, here.dee]) assert.deepEqual(one.heard("disconnect"), []);
    });
  }
};

const acked = { ok: "flag", ...shapes.posted };

const messages = async ({ over, room, users, ada, phone, ben, dee }) => {
  const forms = [
    ["a room and a text", (text) => [room.id, text]],
    ["a room and an object", (text) => [room.id, { contentType: "text", content: text }]],
    ["one object with content", (text) => [{ roomId: room.id, content: text }]],
    ["one object with message", (text) => [{ roomId: room.id, message: text }]],
    ["one object with contentType", (text) => [{ roomId: room.id, contentType: "text", content: text }]],
  ];
  for (const [form, args] of forms) {
    await check(`${form}: the room hears the message ${over}`, async () => {
      const text = fresh('ζωντανή 💬 "quoted"');
      ada.emit("message", ...args(text));
      for (const listener of [ada, phone, ben]) {
        const event = await listener.hears("message", ({ content }) => content === text);
        has(event, shapes.message);
        const { sender, message, contentType, files, room: where, status } = event;
        assert.deepEqual(
          { sender, message, contentType, files, where, status },
          { sender: users.ada.id, message: text, contentType: "text", files: [], where: room.id, status: "complete" },
        );
        assert.ok(!("nonce" in event) && !("replyTo" in event), JSON.stringify(event));
      }
    });
    await check(`${form}: the ack is the stored message's ${over}`, async () => {
      const text = fresh("acked");
      const ack = await ada.ask("message", ...args(text));
      has(ack, acked);
      assert.equal(ack.ok, true);
      const { _id, seq, cursor, createdAt } = await ben.hears("message", ({ content }) => content === text);
      assert.deepEqual({ ok: true, messageId: _id, seq, cursor, createdAt }, ack);
      const stored = await ask(users.ben, "GET", `/chat/messages/${_id}`);
      assert.deepEqual([stored.message, stored.seq, stored.senderUser], [text, seq, users.ada.id]);
    });
  }
  await check(`a reply names what it answers ${over}`, async () => {
    const { messageId } = await ada.ask("message", room.id, "question");
    const text = fresh("answer");
    await ben.ask("message", room.id, { contentType: "text", content: text, replyTo: messageId });
    const event = await ada.hears("message", ({ content }) => content === text);
    has(event, shapes.message, "replyTo");
    assert.equal(event.replyTo, messageId);
  });
  await check(`nobody else hears the room ${over}`, async () => {
    await dee.mark();
    assert.deepEqual(dee.heard("message"), []);
  });
};

const nonces = async ({ over, room, ada, phone, ben }) => {
  await check(`a nonce that is sent again is one message, shown to that socket alone ${over}`, async () => {
    const [nonce, text] = [randomUUID(), fresh("once")];
    const message = { contentType: "text", content: text, nonce };
    const first = await ada.ask("message", room.id, message);
    assert.equal(first.ok, true, JSON.stringify(first));
    assert.deepEqual(await ada.ask("message", room.id, message), first);
    assert.deepEqual(await ada.ask("message", { roomId: room.id, content: text, nonce }), first);
    ada.emit("message", room.id, message);
    await fence(ada, room, ada, phone, ben);
    const heard = (listener) => listener.heard("message", (body) => body.nonce === nonce);
    for (const listener of [phone, ben]) assert.equal(heard(listener).length, 1);
    assert.equal(heard(ada).length, 4);
    for (const event of [...heard(ada), ...heard(ben)]) {
      has(event, shapes.message, "nonce");
      assert.deepEqual([event._id, event.content, event.seq], [first.messageId, text, first.seq]);
    }
  });
};

const files = async ({ over, room, users, ada, ben }) => {
  const content = fresh("the file's content");
  const id = await upload(users.ada, "notes.txt", content);
  for (const [contentType, text] of [["file", undefined], ["file", "with a word"], ["multimedia", "look at this"]]) {
    await check(`a ${contentType} message ${text ? "with" : "without"} content names its file ${over}`, async () => {
      const nonce = randomUUID();
      const ack = await ada.ask("message", room.id, { contentType, content: text, files: [id], nonce });
      assert.equal(ack.ok, true, JSON.stringify(ack));
      const event = await ben.hears("message", (body) => body.nonce === nonce);
      has(event, shapes.message, "nonce");
      assert.deepEqual([event.contentType, event.content, event.files], [contentType, text ?? "", [id]]);
      assert.equal(event.message, event.content);
      const stored = await ask(users.ben, "GET", `/chat/messages/${event._id}`);
      assert.deepEqual([stored.messageType, stored.message, stored.files], [contentType, text ?? "", [id]]);
    });
  }
  await check(`the file is the room's ${over}`, async () => {
    assert.equal(await download(users.ben, id), content);
    assert.equal((await call(users.dee, "GET", `/chat/files/${id}`)).status, 404);
  });
};

const typing = async ({ over, room, users, ada, phone, ben }) => {
  const { seq } = await ask(users.ada, "GET", `/chat/rooms/${room.id}`);
  for (const [how, start, stop] of [
    ["a message of that type", ["message", room.id, { contentType: "typing" }], ["typing", room.id, false]],
    ["a room and a flag", ["typing", room.id, true], ["typing", room.id, false]],
    ["one object", ["typing", { roomId: room.id, typing: true }], ["typing", { roomId: room.id, typing: false }]],
  ]) {
    await check(`typing by ${how} reaches the others ${over}`, async () => {
      const hears = async (typing, from) =>
        assert.deepEqual(await ben.hears("typing", () => true, from), { room: room.id, user: users.ada.id, typing });
      let from = ben.log.length;
      ada.emit(...start);
      await hears(true, from);
      from = ben.log.length;
      assert.deepEqual(await ada.ask(...stop), { ok: true });
      await hears(false, from);
    });
  }
  await check(`typing is not stored, no message, and not for the typist ${over}`, async () => {
    await fence(ada, room, ada, phone, ben);
    assert.equal((await ask(users.ada, "GET", `/chat/rooms/${room.id}`)).seq, seq + 1);
    assert.deepEqual(ada.heard("typing"), []);
    for (const listener of [ada, phone, ben]) {
      assert.deepEqual(listener.heard("message", (body) => body.contentType === "typing"), []);
    }
  });
};

const read = async ({ over, room, users, ada, phone, ben }) => {
  const one = await ada.ask("message", room.id, "read this");
  const two = await ada.ask("message", room.id, "and this");
  for (const [how, args, seq] of [
    ["up to a seq", [room.id, one.seq], one.seq],
    ["all", [room.id], two.seq],
  ]) {
    await check(`messagesRead, ${how}: the room is told ${over}`, async () => {
      ben.emit("messagesRead", ...args);
      for (const listener of [ada, phone, ben]) {
        const event = await listener.hears("messagesRead", (body) => body.seq === seq);
        assert.deepEqual(event, { room: room.id, readBy: users.ben.id, seq });
      }
    });
  }
  await check(`messagesRead of one object has an ack ${over}`, async () => {
    const { seq } = await ada.ask("message", room.id, "one more");
    assert.equal((await ben.ask("messagesRead", { roomId: room.id, seq })).ok, true);
    const event = await ada.hears("messagesRead", (body) => body.seq === seq);
    assert.deepEqual(event, { room: room.id, readBy: users.ben.id, seq });
    const { messages } = await ask(users.ada, "GET", `/chat/messages?roomId=${room.id}&limit=3`);
    for (const { readBy } of messages) assert.deepEqual(readBy.toSorted(), [users.ada.id, users.ben.id].toSorted());
    assert.equal((await ask(users.ben, "GET", `/chat/rooms/${room.id}`)).unread, 0);
  });
};

const listening = async ({ over, room, ada, phone, ben, dee }) => {
  await check(`a socket stops to listen and listens again ${over}`, async () => {
    assert.equal((await phone.ask("disconnectFromRoom", room.id)).ok, true);
    const text = fresh("unheard");
    await ada.ask("message", room.id, text);
    await fence(ada, room, ada, ben);
    const ack = await phone.ask("connectToRoom", room.id);
    has(ack, { ok: "flag", room: "id", seq: "count", cursor: "cursor" });
    assert.equal(ack.room, room.id);
    await fence(ada, room, phone);
    assert.deepEqual(phone.heard("message", ({ content }) => content === text), []);
  });
  await check(`connectToRoom is for the room's participants ${over}`, async () => {
    const refusal = { ok: false, error: { code: "not_found", message: texts.room } };
    assert.deepEqual(await dee.ask("connectToRoom", room.id), refusal);
    assert.deepEqual(await dee.ask("connectToRoom", { roomId: randomUUID() }), refusal);
    await fence(ada, room, ben);
    await dee.mark();
    assert.deepEqual(dee.heard("message"), []);
  });
};

const membership = async ({ over, users, ada, phone, ben, dee }) => {
  const here = (room) => (body) => body.room === room.id;
  let room;
  await check(`room-joined when a room is made, and its messages, without reconnecting ${over}`, async () => {
    room = await newRoom(users.ada, users.ben);
    for (const listener of [ada, phone, ben]) {
      assert.deepEqual(await listener.hears("room-joined", here(room)), { room: room.id, roomName: room.name });
    }
    await fence(ben, room, ada, phone, ben);
  });
  await check(`room-joined for who is added, and its messages, without reconnecting ${over}`, async () => {
    await ask(users.ada, "PUT", `/chat/rooms/${room.id}/addUsers`, { users: [users.dee.id] });
    assert.deepEqual(await dee.hears("room-joined", here(room)), { room: room.id, roomName: room.name });
    assert.deepEqual(await ben.hears("participant-joined", here(room)), { room: room.id, user: users.dee.id });
    await fence(ada, room, dee, ben);
    await fence(dee, room, ada);
  });
  const outs = [
    ["leaves", () => ask(users.dee, "PUT", `/chat/leave/${room.id}`)],
    ["is removed", () => ask(users.ada, "PUT", `/chat/room/${room.id}/remove`, { users: [users.dee.id] })],
  ];
  for (const [how, out] of outs) {
    await check(`room-left for who ${how}, and nothing behind it ${over}`, async () => {
      const [from, bens] = [await dee.mark(), await ben.mark()];
      await out();
      assert.deepEqual(await dee.hears("room-left", here(room), from), { room: room.id });
      assert.deepEqual(await ben.hears("participant-left", here(room), bens), { room: room.id, user: users.dee.id });
      await fence(ada, room, ben);
      await fence(ada, room, ben);
      await dee.mark();
      const behind = dee.log.slice(dee.log.findLastIndex(({ name }) => name === "room-left") + 1);
      assert.deepEqual(behind.filter(({ body }) => body?.room === room.id), []);
      const ack = await dee.ask("message", room.id, "still here");
      assert.deepEqual(ack, { ok: false, error: { code: "not_found", message: texts.room } });
      await ask(users.ada, "PUT", `/chat/rooms/${room.id}/addUsers`, { users: [users.dee.id] });
      await dee.hears("room-joined", here(room), from + 1);
    });
  }
  await check(`room-deleted for everybody ${over}`, async () => {
    await ask(users.ada, "DELETE", `/chat/rooms/${room.id}`);
    for (const listener of [ada, phone, ben, dee]) {
      assert.deepEqual(await listener.hears("room-deleted", here(room)), { room: room.id, roomName: room.name });
    }
  });
};

const changes = async ({ over, room, users, ada, phone, ben }) => {
  await check(`an edit and a deletion over HTTP are told to the room ${over}`, async () => {
    const { messageId, seq } = await ada.ask("message", room.id, "to be changed");
    await ask(users.ada, "PATCH", `/chat/messages/${messageId}`, { newMessage: "changed" });
    for (const listener of [ada, phone, ben]) {
      const event = await listener.hears("message-edited", (body) => body.messageId === messageId);
      has(event, { messageId: "id", message: "text", room: "id", seq: "seq", cursor: "cursor", editedAt: "time" });
      assert.deepEqual([event.message, event.room, event.seq], ["changed", room.id, seq]);
    }
    await ask(users.ada, "DELETE", `/chat/messages/${messageId}`);
    for (const listener of [ada, phone, ben]) {
      const event = await listener.hears("message-deleted", (body) => body.messageId === messageId);
      has(event, { messageId: "id", room: "id", seq: "seq", cursor: "cursor" });
      assert.deepEqual([event.room, event.seq], [room.id, seq]);
    }
  });
};
