// Conduit's socket: who gets in, and what is answered to what cannot be done.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ask, check, connect, connectRefused, fence, has, texts, upgraded, upload } from "./conduit-client.js";

export const connecting = async (ada, transports) => {
  const over = `over ${transports.join(" then ")}`;
  const bearer = `Bearer ${ada.token}`;
  for (const [how, options] of [
    ["an Authorization header", { extraHeaders: { Authorization: bearer } }],
    ["a bare Authorization header", { extraHeaders: { authorization: ada.token } }],
    ["auth.token", { auth: { token: ada.token } }],
    ["auth.token with Bearer", { auth: { token: bearer } }],
  ]) {
    await check(`connects with ${how} ${over}`, async () => {
      const connection = await connect(ada, { transports, ...options });
      const ready = await connection.hears("ready");
      has(ready, { user: "map", rooms: "map" });
      assert.equal(ready.user._id, ada.id);
      const { socket } = connection;
      if (transports.length > 1) await upgraded(connection);
      assert.equal(socket.io.engine.transport.name, transports.at(-1));
      socket.disconnect();
    });
  }
  for (const [how, options] of [
    ["without a token", {}],
    ["with a wrong header", { extraHeaders: { Authorization: "Bearer not.a.token" } }],
    ["with a wrong auth.token", { auth: { token: "not.a.token" } }],
  ]) {
    await check(`is refused ${how} ${over}`, async () => {
      const { message, data } = await connectRefused({ transports, ...options });
      // Without a token the text may be that of the missing one.
      const said = how === "without a token" ? [texts.noToken, texts.badToken] : [texts.badToken];
      assert.ok(said.some((text) => message === `16 UNAUTHENTICATED: ${text}`), message);
      assert.deepEqual(data, { code: "unauthenticated" });
    });
  }
};

export const errors = async ({ over, room, users, ada, ben, dee }) => {
  const nowhere = randomUUID();
  const theirs = await upload(users.dee, "theirs.txt", "not yours");
  const { seq } = await ask(users.ada, "GET", `/chat/rooms/${room.id}`);
  const said = (object) => ["message", room.id, object];
  const multimedia = (object) => said({ contentType: "multimedia", ...object });
  const told = ({ log }, start) => log.slice(start).filter(({ name }) => /exception|error/.test(name));
  for (const [what, from, args, code, grpc, text] of [
    ["another's room", dee, ["message", room.id, "x"], "not_found", 5, texts.room],
    ["a room that is not there", ada, ["message", nowhere, "x"], "not_found", 5, texts.room],
    ["another's room read", dee, ["messagesRead", room.id], "not_found", 5, texts.room],
    ["another's room, typing", dee, ["message", room.id, { contentType: "typing" }], "not_found", 5, texts.room],
    ["no contentType", ada, said({ content: "x" }), "invalid", 3, texts.type],
    ["an unknown contentType", ada, said({ contentType: "image", content: "x" }), "invalid", 3, texts.types],
    ["a text without content", ada, said({ contentType: "text" }), "invalid", 3, texts.content("text")],
    ["an empty text", ada, ["message", room.id, ""], "invalid", 3, texts.content("text")],
    ["multimedia without content", ada, multimedia({ files: [theirs] }), "invalid", 3, texts.content("multimedia")],
    ["system without content", ada, said({ contentType: "system" }), "invalid", 3, texts.content("system")],
    ["a file without files", ada, said({ contentType: "file" }), "invalid", 3, texts.files("file")],
    ["multimedia without files", ada, multimedia({ content: "x" }), "invalid", 3, texts.files("multimedia")],
    ["an empty nonce", ada, said({ contentType: "text", content: "x", nonce: "" }), "invalid", 3, texts.nonce],
    ["a number for a nonce", ada, said({ contentType: "text", content: "x", nonce: 7 }), "invalid", 3, texts.nonce],
    ["another's file", ada, said({ contentType: "file", files: [theirs] }), "invalid", 3, texts.noFile(theirs)],
    ["system", ada, said({ contentType: "system", content: "x" }), "forbidden", 7, undefined],
  ]) {
    let message = text;
    await check(`refused with an ack: ${what} ${over}`, async () => {
      const start = await from.mark();
      const ack = await from.ask(...args);
      message ??= ack.error?.message;
      assert.deepEqual(ack, { ok: false, error: { code, message } });
      await from.mark();
      assert.deepEqual(told(from, start), []);
    });
    await check(`refused without an ack: ${what} ${over}`, async () => {
      const start = await from.mark();
      from.emit(...args);
      assert.deepEqual(await from.hears("exception", () => true, start), { status: "error", code, message });
      const conduit = await from.hears("conduit_error", () => true, start);
      assert.deepEqual(conduit, { code: grpc, details: message, metadata: {} });
      await from.mark();
      assert.equal(told(from, start).length, 2, "told more than once");
    });
  }
  await check(`what was refused is not stored ${over}`, async () => {
    await fence(ada, room, ben);
    assert.equal((await ask(users.ada, "GET", `/chat/rooms/${room.id}`)).seq, seq + 1);
  });
};
