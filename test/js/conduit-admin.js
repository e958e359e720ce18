// Conduit's administrators' routes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  answers, ask, call, check, connect, eventually, fresh, given, has, newRoom, refuses, shapes, texts,
} from "./conduit-client.js";

const key = given.masterkey ? { masterkey: given.masterkey } : {};

export const admin = async (ada, ben, cy, dee, eve, root) => {
  const by = (method, path, body) => call(root, method, `/admin/chat${path}`, body, key);
  const must = (method, path, body) => ask(root, method, `/admin/chat${path}`, body, key);
  const house = { by, must, ada, ben, cy, dee, root };
  house.bens = await connect(ben, { transports: ["websocket"] });
  house.cys = await connect(cy, { transports: ["polling"] });
  await keys(house);
  await rooms(house);
  await members(house);
  await messages(house);
  await deletions(house);
};

const keys = async ({ ada, ben, root }) => {
  const room = await newRoom(ada, ben);
  for (const [method, path, body] of [
    ["GET", "/admin/chat/rooms"],
    ["POST", "/admin/chat/rooms", { name: "x", participants: [ada.id] }],
    ["DELETE", `/admin/chat/rooms?ids=${room.id}`],
    ["PUT", `/admin/chat/rooms/${room.id}/add`, { users: [ada.id] }],
    ["PUT", `/admin/chat/room/${room.id}/remove`, { users: [ada.id] }],
    ["GET", "/admin/chat/messages"],
    ["DELETE", "/admin/chat/messages?ids=x"],
  ]) {
    await check(`${method} ${path.replace(room.id, "{id}")} is for administrators`, async () => {
      refuses(await call(null, method, path, body, key), 401, texts.noToken);
      refuses(await call({ token: "not.a.token" }, method, path, body, key), 401, texts.badToken);
      refuses(await call(ada, method, path, body, key), 403);
      if (!given.masterkey) return;
      refuses(await call(root, method, path, body), 401);
      refuses(await call(root, method, path, body, { masterkey: `${given.masterkey}x` }), 401);
      refuses(await call(root, method, path, body, { masterkey: "" }), 401);
    });
  }
  await check("nothing of it was done", async () => {
    const { participants } = await ask(ada, "GET", `/chat/rooms/${room.id}`);
    assert.deepEqual(participants.toSorted(), [ada.id, ben.id].toSorted());
  });
  await check("a masterkey is accepted where none is needed", async () => {
    const headers = { masterkey: "M4ST3RK3Y" };
    assert.equal((await call(ada, "GET", "/chat/rooms", undefined, headers)).status, 200);
    if (!given.masterkey) assert.equal((await call(root, "GET", "/admin/chat/rooms", undefined, headers)).status, 200);
  });
};

const rooms = async ({ by, must, ada, ben, cy, root, bens }) => {
  const tag = fresh("admin").replaceAll(" ", "-");
  const made = [];
  await check("a room is made of users, of whom the first owns it", async () => {
    const res = await by("POST", "/rooms", { name: `${tag} 1`, participants: [ada.id, ben.id] });
    assert.equal(res.status, 200, res.text);
    has(res.json, shapes.room);
    const { name, creator, participants, participantCount, kind } = res.json;
    assert.deepEqual([name, creator, participantCount, kind], [`${tag} 1`, ada.id, 2, "group"]);
    assert.deepEqual(participants.toSorted(), [ada.id, ben.id].toSorted());
    made.push(res.json._id);
    const joined = await bens.hears("room-joined", ({ room }) => room === res.json._id);
    assert.deepEqual(joined, { room: res.json._id, roomName: `${tag} 1` });
    const text = fresh("heard at once");
    await ask(ada, "POST", "/chat/messages", { roomId: res.json._id, message: text });
    await bens.hears("message", ({ content }) => content === text);
  });
  await check("a room is made for a creator, who takes part", async () => {
    const room = await must("POST", "/rooms", { name: `${tag} 2`, participants: [ben.id], creator: cy.id });
    assert.equal(room.creator, cy.id);
    assert.deepEqual(room.participants.toSorted(), [ben.id, cy.id].toSorted());
    made.push(room._id);
  });
  const stranger = randomUUID();
  for (const [what, body, text] of [
    ["no name", { participants: [ada.id] }],
    ["no participants", { name: "x" }],
    ["nobody", { name: "x", participants: [] }],
    ["somebody unknown", { name: "x", participants: [ada.id, stranger] }, texts.unknown(stranger)],
  ]) {
    await check(`a room is refused with ${what}`, async () => refuses(await by("POST", "/rooms", body), 400, text));
  }
  const list = async (query) => {
    const answer = await must("GET", `/rooms${query}`);
    has(answer, { chatRoomDocuments: "list", count: "count" });
    for (const room of answer.chatRoomDocuments) has(room, shapes.room);
    return { count: answer.count, ids: answer.chatRoomDocuments.map(({ _id }) => _id) };
  };
  await check("all rooms are listed, newest first, in parts", async () => {
    const [first, second] = made;
    assert.deepEqual(await list(`?search=${tag}`), { count: 2, ids: [second, first] });
    assert.deepEqual(await list(`?search=${tag}&skip=1`), { count: 2, ids: [first] });
    const sorted = `?search=${tag}&limit=1&populate=participants&sort=-createdAt`;
    assert.deepEqual(await list(sorted), { count: 2, ids: [second] });
    assert.deepEqual((await list("?limit=2")).ids, [second, first]);
  });
  await check("any room is shown, and the administrator takes no part", async () => {
    const room = await must("GET", `/rooms/${made[0]}`);
    has(room, shapes.room);
    assert.ok(!room.participants.includes(root.id));
    refuses(await by("GET", `/rooms/${stranger}`), 404, texts.room);
    refuses(await call(root, "GET", `/chat/rooms/${made[0]}`), 404, texts.room);
  });
};

const members = async ({ by, must, ada, ben, cy, dee, bens, cys }) => {
  const room = await newRoom(ada, ben);
  const here = ({ room: where }) => where === room.id;
  const stranger = randomUUID();
  await check("users are added, are told, and hear the room", async () => {
    answers(await by("PUT", `/rooms/${room.id}/add`, { users: [cy.id] }), { result: "Users added" });
    assert.deepEqual(await cys.hears("room-joined", here), { room: room.id, roomName: room.name });
    assert.deepEqual(await bens.hears("participant-joined", here), { room: room.id, user: cy.id });
    const text = fresh("welcome");
    await ask(ada, "POST", "/chat/messages", { roomId: room.id, message: text });
    await cys.hears("message", ({ content }) => content === text);
  });
  for (const [what, path, users, status, text] of [
    ["adding a member", `/rooms/${room.id}/add`, [cy.id], [400, 409], texts.members], // Conduit: 409
    ["adding who does not exist", `/rooms/${room.id}/add`, [stranger], 400, texts.unknown(stranger)],
    ["adding nobody", `/rooms/${room.id}/add`, [], 400, texts.users],
    ["adding to no room", `/rooms/${stranger}/add`, [dee.id], 404, texts.room],
    ["removing nobody", `/room/${room.id}/remove`, [], 400, texts.users],
    ["removing from no room", `/room/${stranger}/remove`, [cy.id], 404, texts.room],
  ]) {
    await check(`${what} is refused`, async () => refuses(await by("PUT", path, { users }), status, text));
  }
  for (const path of [`/room/${room.id}/remove`, `/rooms/${room.id}/remove`]) {
    await check(`users are removed with ${path.replace(room.id, "{id}")}`, async () => {
      const from = await cys.mark();
      answers(await by("PUT", path, { users: [cy.id] }), { result: "Ok" });
      assert.deepEqual(await cys.hears("room-left", here, from), { room: room.id });
      refuses(await call(cy, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
      refuses(await call(cy, "PUT", `/chat/rooms/${room.id}/join`), 404, texts.room);
      await must("PUT", `/rooms/${room.id}/add`, { users: [cy.id] });
      await cys.hears("room-joined", here, from);
    });
  }
};

const messages = async ({ by, must, ada, ben }) => {
  const [room, other] = [await newRoom(ada, ben), await newRoom(ada, ben)];
  const word = fresh("glockenspiel").replace(/[ -]/g, "x");
  const say = async (user, { id: roomId }, message) => {
    const { messageId } = await ask(user, "POST", "/chat/messages", { roomId, message });
    return messageId;
  };
  const posted = [await say(ada, room, "one"), await say(ben, room, `two ${word}`), await say(ada, room, "three")];
  const elsewhere = await say(ada, other, `four ${word}`);
  const list = async (query) => {
    const answer = await must("GET", `/messages?${query}`);
    has(answer, { messages: "list", count: "count" });
    for (const message of answer.messages) has(message, shapes.stored);
    return { count: answer.count, ids: answer.messages.map(({ _id }) => _id) };
  };
  const [one, two, three] = posted;
  const here = `roomId=${room.id}`;
  // What is asked of one sender or searched may be some moments behind.
  for (const [query, count, ids] of [
    [here, 3, [three, two, one]],
    [`${here}&sort=-createdAt`, 3, [three, two, one]],
    [`${here}&sort=createdAt`, 3, [one, two, three]],
    [`${here}&sort=createdAt&skip=1&limit=1&populate=senderUser`, 3, [two]],
    [`${here}&senderUser=${ada.id}`, 2, [three, one]],
    [`${here}&senderUser=${ben.id}`, 1, [two]],
    [`search=${word.toUpperCase()}`, 2, [elsewhere, two]],
    [`search=${word}&sort=createdAt`, 2, [two, elsewhere]],
    [`search=${word}&senderUser=${ada.id}`, 1, [elsewhere]],
    [`search=${word}&${here}&senderUser=${ada.id}`, 0, []],
  ]) {
    await check(`messages are listed by ${query.replace(/=[^&]*/g, "")}: ${ids.length}`, () =>
      eventually(async () => assert.deepEqual(await list(query), { count, ids })));
  }
  await check("all messages are listed", async () => {
    assert.deepEqual((await list("limit=4")).ids, [elsewhere, three, two, one]);
  });
  await check("messages of no room are refused", async () => {
    refuses(await by("GET", `/messages?roomId=${randomUUID()}`), 404, texts.room);
    refuses(await by("GET", `/messages?${here}&sort=colour`), 400);
  });
};

const deletions = async ({ by, ada, ben, bens }) => {
  const forms = [
    ["with commas", (ids) => `ids=${ids}`],
    ["repeated", (ids) => ids.map((id) => `ids=${id}`).join("&")],
    ["in brackets", (ids) => ids.map((id) => `ids[]=${id}`).join("&")],
  ];
  for (const [how, query] of forms) {
    await check(`messages are deleted by ids ${how}`, async () => {
      const room = await newRoom(ada, ben);
      const ids = [];
      for (const message of ["one", "two", "stays"]) {
        ids.push((await ask(ada, "POST", "/chat/messages", { roomId: room.id, message })).messageId);
      }
      const kept = ids.pop();
      answers(await by("DELETE", `/messages?${query(ids)}`), { result: "Done" });
      for (const id of ids) {
        await bens.hears("message-deleted", ({ messageId }) => messageId === id);
        refuses(await call(ada, "GET", `/chat/messages/${id}`), 404, texts.message);
      }
      const { messages } = await ask(ada, "GET", `/chat/messages?roomId=${room.id}`);
      assert.deepEqual(messages.map(({ _id }) => _id), [kept]);
      refuses(await by("DELETE", `/messages?${query(ids)}`), 404, texts.message);
    });
  }
  for (const [how, query, body] of [...forms, ["in the body", () => "", (ids) => ({ ids })]]) {
    await check(`rooms are deleted by ids ${how}`, async () => {
      const rooms = [await newRoom(ada, ben), await newRoom(ada, ben)];
      const ids = rooms.map(({ id }) => id);
      answers(await by("DELETE", `/rooms?${query(ids)}`, body?.(ids)), { result: "Done" });
      for (const { id, name } of rooms) {
        assert.deepEqual(await bens.hears("room-deleted", ({ room }) => room === id), { room: id, roomName: name });
        refuses(await call(ada, "GET", `/chat/rooms/${id}`), 404, texts.room);
        refuses(await by("GET", `/rooms/${id}`), 404, texts.room);
      }
    });
  }
  await check("ids are required", async () => {
    for (const path of ["/messages", "/rooms", "/messages?ids=", "/rooms?ids="]) refuses(await by("DELETE", path), 400);
  });
};
