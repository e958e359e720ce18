// Conduit's user routes: rooms and who is in them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { answers, ask, call, check, fresh, getRoom, has, newRoom, refuses, shapes, texts } from "./conduit-client.js";

export const rooms = async (ada, ben, cy, dee) => {
  await whoIsCalling(ada, ben);
  await creating(ada, ben, cy, dee);
  await listing(ada, ben, dee);
  await changing(ada, ben, cy, dee);
  await members(ada, ben, cy, dee);
  await deleting(ada, ben, dee);
};

const whoIsCalling = async (ada, ben) => {
  const room = await newRoom(ada, ben);
  for (const [method, path] of [
    ["POST", "/chat/rooms"],
    ["GET", "/chat/rooms"],
    ["PUT", `/chat/rooms/${room.id}/addUsers`],
    ["PUT", `/chat/leave/${room.id}`],
    ["PUT", `/chat/room/${room.id}/remove`],
    ["GET", "/chat/messages"],
    ["GET", "/chat/invitations/received"],
  ]) {
    await check(`${method} ${path.replace(room.id, "{id}")} is refused without a token`, async () => {
      refuses(await call(null, method, path), 401, texts.noToken);
      refuses(await call(null, method, path, undefined, { masterkey: "M4ST3RK3Y" }), 401, texts.noToken);
      refuses(await call({ token: "not.a.token" }, method, path), 401, texts.badToken);
    });
  }
};

const creating = async (ada, ben, cy, dee) => {
  const create = (body) => call(ada, "POST", "/chat/rooms", body);
  await check("a room is created with its creator, and looks as described", async () => {
    const roomName = fresh("Conduit Users");
    const res = await create({ roomName, users: [ben.id, cy.id] });
    assert.equal(res.status, 200, res.text);
    has(res.json, { roomId: "id" });
    const room = await getRoom(ada, { id: res.json.roomId });
    has(room, shapes.room);
    assert.deepEqual(room.participants.toSorted(), [ada.id, ben.id, cy.id].toSorted());
    assert.deepEqual(
      { ...room, participants: [], cursor: "", createdAt: "", updatedAt: "" },
      {
        _id: res.json.roomId, name: roomName, kind: "group", participants: [], participantCount: 3,
        creator: ada.id, visibility: "private", seq: 0, cursor: "", unread: 0, lastMessage: null,
        createdAt: "", updatedAt: "", deleted: false,
      },
    );
  });
  await check("the creator may be listed, and a public room is public", async () => {
    const body = { roomName: "open", users: [ada.id, ben.id], visibility: "public" };
    const { roomId } = await ask(ada, "POST", "/chat/rooms", body);
    const room = await getRoom(ben, { id: roomId });
    assert.equal(room.participantCount, 2);
    assert.equal(room.visibility, "public");
  });
  await check("two rooms may have one name", async () => {
    const twin = () => ask(ada, "POST", "/chat/rooms", { roomName: "twins", users: [ben.id] });
    assert.notEqual((await twin()).roomId, (await twin()).roomId);
  });
  const strangers = [randomUUID(), randomUUID()];
  for (const [what, body, text] of [
    ["no name", { users: [ben.id] }, texts.name],
    ["an empty name", { roomName: "", users: [ben.id] }, texts.name],
    ["no users", { roomName: "x" }, texts.users],
    ["nobody among the users", { roomName: "x", users: [] }, texts.users],
    ["users that are no array", { roomName: "x", users: ben.id }, texts.users],
    ["users that are null", { roomName: "x", users: null }, texts.users],
    ["unknown users", { roomName: "x", users: strangers }, texts.unknown(...strangers)],
    ["one unknown user", { roomName: "x", users: [ben.id, strangers[0]] }, texts.unknown(strangers[0])],
  ]) {
    await check(`a room is refused with ${what}`, async () => refuses(await create(body), 400, text));
  }
  await check("a room is hidden from who is not in it", async () => {
    const room = await newRoom(ada, ben);
    refuses(await call(dee, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
    refuses(await call(dee, "GET", `/chat/rooms/${randomUUID()}`), 404, texts.room);
  });
};

const listing = async (ada, ben, dee) => {
  const tag = fresh("listed").replaceAll(" ", "-");
  const rooms = [];
  for (const n of [1, 2, 3]) {
    const { roomId } = await ask(ben, "POST", "/chat/rooms", { roomName: `${tag} ${n}`, users: [ada.id] });
    rooms.push(roomId);
  }
  const list = async (query = "") => {
    const answer = await ask(ben, "GET", `/chat/rooms${query}`);
    has(answer, { rooms: "list", count: "count" });
    for (const room of answer.rooms) has(room, shapes.room);
    return { count: answer.count, ids: answer.rooms.map(({ _id }) => _id) };
  };
  await check("rooms are listed, last activity first", async () => {
    assert.deepEqual((await list()).ids.slice(0, 3), rooms.toReversed());
    await ask(ada, "POST", "/chat/messages", { roomId: rooms[0], message: "up again" });
    assert.deepEqual((await list()).ids.slice(0, 3), [rooms[0], rooms[2], rooms[1]]);
  });
  await check("skip and limit cut the list, and the count stays", async () => {
    const { count } = await list();
    assert.deepEqual(await list("?skip=1&limit=1"), { count, ids: [rooms[2]] });
    assert.deepEqual(await list(`?skip=${count}`), { count, ids: [] });
    assert.equal((await list("?limit=100000")).count, count);
  });
  await check("search finds a part of the name in any case", async () => {
    assert.deepEqual(await list(`?search=${tag.toUpperCase()}`), { count: 3, ids: [rooms[0], rooms[2], rooms[1]] });
    assert.deepEqual(await list(`?search=${encodeURIComponent(`${tag} 2`)}`), { count: 1, ids: [rooms[1]] });
    assert.deepEqual(await list("?search=%25"), { count: 0, ids: [] });
  });
  await check("populate is accepted in every form", async () => {
    for (const form of ["=participants", "=participants&populate=creator", "[]=participants", "="]) {
      assert.deepEqual((await list(`?limit=3&populate${form}`)).ids, [rooms[0], rooms[2], rooms[1]]);
    }
  });
  await check("a limit that is no number is refused", async () => {
    refuses(await call(ben, "GET", "/chat/rooms?limit=many"), 400);
    refuses(await call(ben, "GET", "/chat/rooms?skip=-1"), 400);
  });
  await check("unread and the last message are the caller's", async () => {
    const { rooms: [room] } = await ask(ben, "GET", "/chat/rooms?limit=1");
    assert.equal(room.unread, 1);
    assert.equal(room.lastMessage.message, "up again");
    has(room.lastMessage, shapes.stored);
    assert.equal((await getRoom(ada, { id: room._id })).unread, 0, "the sender has read it");
  });
  await check("who is in no room has an empty list", async () =>
    answers(await call(dee, "GET", "/chat/rooms"), { rooms: [], count: 0 }));
};

const changing = async (ada, ben, cy, dee) => {
  const room = await newRoom(ada, ben);
  const patch = (user, body) => call(user, "PATCH", `/chat/rooms/${room.id}`, body);
  await check("a room is renamed by its creator", async () => {
    const res = await patch(ada, { roomName: "renamed" });
    assert.equal(res.status, 200, res.text);
    has(res.json, shapes.room);
    assert.equal(res.json.name, "renamed");
    assert.equal((await getRoom(ben, room)).name, "renamed");
  });
  await check("a room is changed by nobody else", async () => {
    refuses(await patch(ben, { roomName: "mine" }), 403);
    refuses(await patch(dee, { roomName: "mine" }), 404, texts.room);
    refuses(await patch(ada, { roomName: "" }), 400, texts.name);
    assert.equal((await getRoom(ben, room)).name, "renamed");
  });
  await check("a private room is joined by nobody, a public one by anybody", async () => {
    refuses(await call(cy, "PUT", `/chat/rooms/${room.id}/join`), 404, texts.room);
    assert.equal((await ask(ada, "PATCH", `/chat/rooms/${room.id}`, { visibility: "public" })).visibility, "public");
    answers(await call(cy, "PUT", `/chat/rooms/${room.id}/join`), { result: "Ok" });
    assert.equal((await getRoom(cy, room)).participantCount, 3);
  });
  await check("a room is handed over", async () => {
    assert.equal((await ask(ada, "PATCH", `/chat/rooms/${room.id}`, { creator: ben.id })).creator, ben.id);
    refuses(await patch(ada, { roomName: "mine again" }), 403);
  });
};

const members = async (ada, ben, cy, dee) => {
  const room = await newRoom(ada, ben);
  const add = (user, users) => call(user, "PUT", `/chat/rooms/${room.id}/addUsers`, { users });
  const remove = (user, users, path = `/chat/room/${room.id}/remove`) => call(user, "PUT", path, { users });
  const leave = (user) => call(user, "PUT", `/chat/leave/${room.id}`);
  await check("any participant adds users", async () => {
    answers(await add(ben, [cy.id]), { result: "Users added" });
    assert.ok((await getRoom(cy, room)).participants.includes(cy.id));
  });
  // Conduit answers 409 here.
  await check("who takes part is not added again", async () =>
    refuses(await add(ada, [dee.id, cy.id]), [400, 409], texts.members));
  const stranger = randomUUID();
  for (const [what, user, users, status, text] of [
    ["nobody", ada, [], 400, texts.users],
    ["no array", ada, dee.id, 400, texts.users],
    ["nothing", ada, undefined, 400, texts.users],
    ["who does not exist", ada, [stranger], 400, texts.unknown(stranger)],
    ["anybody by who is not in the room", dee, [dee.id], 404, texts.room],
  ]) {
    await check(`adding ${what} is refused`, async () => refuses(await add(user, users), status, text));
  }
  await check("users leave, once, and may come back", async () => {
    answers(await leave(cy), { result: "Ok" });
    refuses(await leave(cy), 404, texts.room);
    refuses(await leave(dee), 404, texts.room);
    answers(await call(cy, "PUT", `/chat/rooms/${room.id}/join`), { result: "Ok" });
  });
  await check("the creator removes users over the singular route", async () => {
    answers(await remove(ada, [cy.id]), { result: "Ok" });
    refuses(await call(cy, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
    refuses(await call(cy, "PUT", `/chat/rooms/${room.id}/join`), 404, texts.room);
    refuses(await leave(cy), 404, texts.room);
  });
  await check("the creator removes users over the plural route, and adds them again", async () => {
    answers(await add(ada, [cy.id]), { result: "Users added" });
    answers(await remove(ada, [cy.id], `/chat/rooms/${room.id}/removeUsers`), { result: "Ok" });
    refuses(await call(cy, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
    answers(await add(ada, [cy.id]), { result: "Users added" });
  });
  await check("removing is refused to others, and without users", async () => {
    refuses(await remove(ben, [cy.id]), 403);
    refuses(await remove(dee, [cy.id]), 404, texts.room);
    refuses(await remove(ada, []), 400, texts.users);
    refuses(await remove(ada, undefined), 400, texts.users);
    refuses(await remove(ada, [cy.id], `/chat/room/${randomUUID()}/remove`), 404, texts.room);
    assert.equal((await getRoom(cy, room)).participantCount, 3);
  });
};

const deleting = async (ada, ben, dee) => {
  const room = await newRoom(ada, ben);
  const gone = (user) => call(user, "DELETE", `/chat/rooms/${room.id}`);
  await check("a room is deleted by its creator alone, once", async () => {
    refuses(await gone(ben), 403);
    refuses(await gone(dee), 404, texts.room);
    answers(await gone(ada), { result: "Done" });
    refuses(await gone(ada), 404, texts.room);
    refuses(await call(ben, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
    refuses(await call(ben, "POST", "/chat/messages", { roomId: room.id, message: "anybody?" }), 404, texts.room);
    refuses(await call(ben, "GET", `/chat/messages?roomId=${room.id}`), 404, texts.room);
  });
};

