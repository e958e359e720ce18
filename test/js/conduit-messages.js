// Conduit's user routes: messages.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  answers, ask, call, check, download, eventually, fresh, getRoom, has, newRoom, refuses, shapes, texts, upload,
} from "./conduit-client.js";

export const messages = async (ada, ben, cy, dee) => {
  await posting(ada, ben, dee);
  await postRefusals(ada, ben, dee);
  await reading(ada, ben, dee);
  await editing(ada, ben, dee);
};

const post = (user, body) => call(user, "POST", "/chat/messages", body);
const say = (user, room, message) => ask(user, "POST", "/chat/messages", { roomId: room.id, message });

const posting = async (ada, ben, dee) => {
  const room = await newRoom(ada, ben);
  const picture = await upload(ada, "sketch.txt", "a sketch");
  let seq = 0;
  for (const [what, body, stored] of [
    ["a text", { message: "plain" }, ["plain", "text", []]],
    ["an object", { message: { contentType: "text", content: "object" } }, ["object", "text", []]],
    ["an object without its wrapping", { contentType: "text", content: "flat" }, ["flat", "text", []]],
    ["a file", { message: { contentType: "file", files: [picture] } }, ["", "file", [picture]]],
    ["multimedia", { contentType: "multimedia", content: "look", files: [picture] }, ["look", "multimedia", [picture]]],
  ]) {
    await check(`${what} is posted and stored`, async () => {
      const res = await post(ada, { roomId: room.id, ...body });
      assert.equal(res.status, 201, res.text);
      has(res.json, shapes.posted);
      assert.equal(res.json.seq, ++seq);
      const message = await ask(ben, "GET", `/chat/messages/${res.json.messageId}`);
      has(message, shapes.stored, "readBy");
      const { messageType, files, createdAt, cursor, senderUser, status, deleted } = message;
      assert.deepEqual([message.message, messageType, files], stored);
      assert.deepEqual({ createdAt, cursor }, { createdAt: res.json.createdAt, cursor: res.json.cursor });
      assert.deepEqual([message.room, senderUser, status, deleted], [room.id, ada.id, "complete", false]);
      assert.deepEqual(message.readBy, [ada.id]);
    });
  }
  await check("a posted file is its room's", async () => {
    assert.equal(await download(ben, picture), "a sketch");
    refuses(await call(dee, "GET", `/chat/files/${picture}`), 404);
  });
  await check("one nonce is one message, wherever it stands", async () => {
    const nonce = randomUUID();
    const first = await ask(ada, "POST", "/chat/messages", { roomId: room.id, message: "once", nonce });
    const object = { contentType: "text", content: "once", nonce };
    for (const form of [{ message: "once", nonce }, { message: object }, object]) {
      answers(await post(ada, { roomId: room.id, ...form }), first, 201);
    }
    assert.equal((await getRoom(ada, room)).seq, first.seq);
    assert.equal((await ask(ada, "GET", `/chat/messages/${first.messageId}`)).nonce, nonce);
    const bens = await ask(ben, "POST", "/chat/messages", { roomId: room.id, message: "twice", nonce });
    assert.notEqual(bens.messageId, first.messageId);
  });
  await check("a message answers another", async () => {
    const { messageId } = await say(ada, room, "question");
    const reply = await ask(ben, "POST", "/chat/messages", { roomId: room.id, message: "answer", replyTo: messageId });
    assert.equal((await ask(ada, "GET", `/chat/messages/${reply.messageId}`)).replyTo, messageId);
  });
};

const postRefusals = async (ada, ben, dee) => {
  const room = await newRoom(ada, ben);
  const theirs = await upload(dee, "theirs.txt", "not yours");
  for (const [what, message, status, text] of [
    ["no contentType", { content: "x" }, 400, texts.type],
    ["an empty object", {}, 400, texts.type],
    ["an unknown contentType", { contentType: "image", content: "x" }, 400, texts.types],
    ["an empty text", "", 400, texts.content("text")],
    ["a text without content", { contentType: "text" }, 400, texts.content("text")],
    ["multimedia without content", { contentType: "multimedia", files: [theirs] }, 400, texts.content("multimedia")],
    ["a file without files", { contentType: "file" }, 400, texts.files("file")],
    ["a file with no files", { contentType: "file", files: [] }, 400, texts.files("file")],
    ["multimedia without files", { contentType: "multimedia", content: "x" }, 400, texts.files("multimedia")],
    ["an empty nonce", { contentType: "text", content: "x", nonce: "" }, 400, texts.nonce],
    ["a number for a nonce", { contentType: "text", content: "x", nonce: 7 }, 400, texts.nonce],
    ["another's file", { contentType: "file", files: [theirs] }, 400, texts.noFile(theirs)],
    ["system", { contentType: "system", content: "x" }, 403],
    ["typing", { contentType: "typing" }, 403],
  ]) {
    await check(`a post is refused: ${what}`, async () => {
      refuses(await post(ada, { roomId: room.id, message }), status, text);
      if (typeof message === "object") refuses(await post(ada, { roomId: room.id, ...message }), status, text);
      assert.equal((await getRoom(ada, room)).seq, 0);
    });
  }
  await check("a post into another's room is refused", async () => {
    refuses(await post(dee, { roomId: room.id, message: "x" }), 404, texts.room);
    refuses(await post(dee, { roomId: randomUUID(), message: "x" }), 404, texts.room);
  });
};

const reading = async (ada, ben, dee) => {
  const [room, other] = [await newRoom(ada, ben), await newRoom(ada, ben)];
  const word = fresh("xylophone").replace(/[ -]/g, "x");
  const posted = [];
  for (const text of ["one", `a ${word} here`, "three", "four"]) posted.push((await say(ada, room, text)).messageId);
  const elsewhere = (await say(ben, other, "elsewhere")).messageId;
  const list = async (query, user = ben) => {
    const answer = await ask(user, "GET", `/chat/messages${query}`);
    has(answer, { messages: "list", count: "count" });
    for (const message of answer.messages) has(message, shapes.stored);
    return { count: answer.count, ids: answer.messages.map(({ _id }) => _id) };
  };
  const here = `?roomId=${room.id}`;
  await check("a room's messages are listed, newest first, in parts", async () => {
    assert.deepEqual(await list(here), { count: 4, ids: posted.toReversed() });
    assert.deepEqual(await list(`${here}&skip=1&limit=2`), { count: 4, ids: [posted[2], posted[1]] });
    assert.deepEqual((await list(`${here}&before=3`)).ids, [posted[1], posted[0]]);
    assert.deepEqual((await list(`${here}&after=3`)).ids, [posted[3]]);
    assert.deepEqual((await list(`${here}&populate=senderUser&populate=room`)).ids, posted.toReversed());
  });
  await check("without a room all the caller's are listed", async () => {
    assert.deepEqual((await list("?limit=5")).ids, [elsewhere, ...posted.toReversed()]);
    assert.deepEqual(await list("", dee), { count: 0, ids: [] });
  });
  await check("search finds words, once they are indexed", () =>
    eventually(async () =>
      assert.deepEqual(await list(`${here}&search=${word.toUpperCase()}`), { count: 1, ids: [posted[1]] })));
  await check("others' messages do not exist", async () => {
    refuses(await call(dee, "GET", `/chat/messages${here}`), 404, texts.room);
    refuses(await call(dee, "GET", `/chat/messages/${posted[0]}`), 404, texts.message);
    refuses(await call(ada, "GET", `/chat/messages/${randomUUID()}`), 404, texts.message);
  });
};

const editing = async (ada, ben, dee) => {
  const room = await newRoom(ada, ben);
  const { messageId, cursor } = await say(ada, room, "first");
  const path = `/chat/messages/${messageId}`;
  for (const [method, newMessage] of [["PATCH", "second"], ["PUT", "third"]]) {
    await check(`a message is edited with ${method}`, async () => {
      answers(await call(ada, method, path, { newMessage }), { result: "Message updated successfully" });
      const message = await ask(ben, "GET", path);
      assert.equal(message.message, newMessage);
      has(message, shapes.stored, "editedAt");
      assert.notEqual(message.cursor, cursor);
    });
  }
  // Conduit answers 404 to other participants as well.
  await check("a message is edited and deleted by its sender alone", async () => {
    for (const [method, body] of [["PATCH", { newMessage: "x" }], ["PUT", { newMessage: "x" }], ["DELETE"]]) {
      refuses(await call(ben, method, path, body), [403, 404]);
      refuses(await call(dee, method, path, body), 404, texts.message);
      refuses(await call(ada, method, `/chat/messages/${randomUUID()}`, body), 404, texts.message);
    }
    assert.equal((await ask(ben, "GET", path)).message, "third");
  });
  await check("an edit to nothing is refused", async () => {
    refuses(await call(ada, "PATCH", path, {}), 400);
    refuses(await call(ada, "PATCH", path, { newMessage: "" }), 400);
  });
  await check("a deleted message is gone", async () => {
    answers(await call(ada, "DELETE", path), { result: "Message deleted successfully" });
    for (const [method, body] of [["GET"], ["DELETE"], ["PATCH", { newMessage: "x" }]]) {
      refuses(await call(ada, method, path, body), 404, texts.message);
    }
    answers(await call(ben, "GET", `/chat/messages?roomId=${room.id}`), { messages: [], count: 0 });
  });
};
