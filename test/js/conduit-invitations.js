// Conduit's invitations, where rooms are joined explicitly.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  answers, ask, call, check, connect, fresh, given, has, newRoom, refuses, shapes, texts,
} from "./conduit-client.js";

const key = given.masterkey ? { masterkey: given.masterkey } : {};

const list = async (user, which, query = "") => {
  const answer = await ask(user, "GET", `/chat/invitations/${which}${query}`);
  has(answer, { invitations: "list", count: "count" });
  for (const invitation of answer.invitations) has(invitation, shapes.invitation);
  return answer;
};
const invitationTo = async (user, room) => {
  const { invitations } = await list(user, "received");
  const found = invitations.filter((invitation) => invitation.room === room.id);
  assert.equal(found.length, 1, `${found.length} invitations to the room`);
  return found[0]._id;
};
const reply = (user, method, answer, id) => call(user, method, `/chat/invitations/${answer}/${id}`);
const invite = (user, room, ...users) =>
  call(user, "PUT", `/chat/rooms/${room.id}/addUsers`, { users: users.map(({ id }) => id) });
const participants = async (user, room) => (await ask(user, "GET", `/chat/rooms/${room.id}`)).participants.toSorted();

/** Holds that a user is in the room, by what their open connection hears. */
const takesPart = async (host, room, listener) => {
  const joined = await listener.hears("room-joined", (body) => body.room === room.id);
  assert.deepEqual(joined, { room: room.id, roomName: room.name });
  const text = fresh("welcome");
  await ask(host, "POST", "/chat/messages", { roomId: room.id, message: text });
  await listener.hears("message", (body) => body.content === text);
  assert.equal((await listener.ask("message", room.id, "thanks")).ok, true);
};

/** Holds that a user is not in the room. */
const isOutside = async (host, room, user, listener) => {
  await ask(host, "POST", "/chat/messages", { roomId: room.id, message: "among us" });
  await listener.mark();
  assert.deepEqual(listener.log.filter(({ body }) => body?.room === room.id), []);
  const ack = await listener.ask("message", room.id, "x");
  assert.deepEqual(ack, { ok: false, error: { code: "not_found", message: texts.room } });
  refuses(await call(user, "GET", `/chat/rooms/${room.id}`), 404, texts.room);
  refuses(await call(user, "GET", `/chat/messages?roomId=${room.id}`), 404, texts.room);
  assert.ok(!(await participants(host, room)).includes(user.id));
};

export const invitations = async (ada, ben, cy, dee, eve, root) => {
  const [bens, cys, dees, eves] = await Promise.all(
    [ben, cy, dee, eve].map((user, i) => connect(user, { transports: [["polling"], ["websocket"]][i % 2] })),
  );
  let room;
  await check("making a room sends invitations", async () => {
    room = await newRoom(ada, ben, cy);
    assert.deepEqual(await participants(ada, room), [ada.id]);
    for (const user of [ben, cy]) {
      const { count, invitations } = await list(user, "received");
      const { _id, createdAt, ...rest } = invitations[0];
      assert.deepEqual([count, rest], [1, { room: room.id, roomName: room.name, sender: ada.id, receiver: user.id }]);
      answers(await call(user, "GET", "/chat/invitations/sent"), { invitations: [], count: 0 });
    }
    const sent = await list(ada, "sent");
    assert.equal(sent.count, 2);
    assert.deepEqual(sent.invitations.map(({ receiver }) => receiver).toSorted(), [ben.id, cy.id].toSorted());
  });
  await check("who is invited is not in the room yet", async () => {
    await isOutside(ada, room, ben, bens);
    await isOutside(ada, room, cy, cys);
  });
  await check("an invitation is accepted with GET", async () => {
    answers(await reply(ben, "GET", "accept", await invitationTo(ben, room)), { result: "Invitation accepted" });
    await takesPart(ada, room, bens);
    answers(await call(ben, "GET", "/chat/invitations/received"), { invitations: [], count: 0 });
  });
  await check("an invitation is accepted with POST", async () => {
    answers(await reply(cy, "POST", "accept", await invitationTo(cy, room)), { result: "Invitation accepted" });
    await takesPart(ada, room, cys);
    const joined = await bens.hears("participant-joined", ({ user }) => user === cy.id);
    assert.deepEqual(joined, { room: room.id, user: cy.id });
    assert.deepEqual(await participants(ada, room), [ada.id, ben.id, cy.id].toSorted());
    answers(await call(ada, "GET", "/chat/invitations/sent"), { invitations: [], count: 0 });
  });
  await check("any participant invites, once", async () => {
    answers(await invite(ben, room, dee, eve), { result: "Invitations sent" });
    answers(await invite(ada, room, dee), { result: "Invitations sent" });
    await invitationTo(dee, room);
    refuses(await invite(ada, room, cy), [400, 409], texts.members); // Conduit: 409
    const stranger = randomUUID();
    refuses(await invite(ada, room, { id: stranger }), 400, texts.unknown(stranger));
    refuses(await invite(ada, room), 400, texts.users);
    refuses(await invite(eve, room, eve), 404, texts.room);
  });
  for (const [method, user, listener] of [["GET", dee, dees], ["POST", eve, eves]]) {
    await check(`an invitation is declined with ${method}`, async () => {
      const id = await invitationTo(user, room);
      answers(await reply(user, method, "decline", id), { result: "Invitation declined" });
      await isOutside(ada, room, user, listener);
      refuses(await reply(user, method, "accept", id), 404, texts.invitation);
      refuses(await reply(user, method, "decline", id), 404, texts.invitation);
      answers(await call(user, "GET", "/chat/invitations/received"), { invitations: [], count: 0 });
    });
  }
  await check("an invitation is cancelled by its sender alone", async () => {
    answers(await invite(ada, room, dee), { result: "Invitations sent" });
    const id = await invitationTo(dee, room);
    refuses(await reply(ben, "DELETE", "cancel", id), 404, texts.invitation);
    refuses(await reply(dee, "DELETE", "cancel", id), 404, texts.invitation);
    answers(await reply(ada, "DELETE", "cancel", id), { result: "Invitation canceled successfully" });
    refuses(await reply(ada, "DELETE", "cancel", id), 404, texts.invitation);
    for (const method of ["GET", "POST"]) refuses(await reply(dee, method, "accept", id), 404, texts.invitation);
    await isOutside(ada, room, dee, dees);
  });
  await check("another's invitation is not valid, nor is one that is not there", async () => {
    await invite(ada, room, dee);
    const id = await invitationTo(dee, room);
    for (const method of ["GET", "POST"]) {
      for (const answer of ["accept", "decline"]) {
        refuses(await reply(eve, method, answer, id), 404, texts.invitation);
        refuses(await reply(ada, method, answer, id), 404, texts.invitation);
        refuses(await reply(dee, method, answer, randomUUID()), 404, texts.invitation);
        refuses(await call(null, method, `/chat/invitations/${answer}/${id}`), 401, texts.noToken);
      }
    }
    refuses(await reply(dee, "DELETE", "cancel", randomUUID()), 404, texts.invitation);
    assert.equal(await invitationTo(dee, room), id);
  });
  await check("invitations are listed newest first, in parts", async () => {
    const second = await newRoom(ben, dee);
    const rooms = async (query) => {
      const { invitations } = await list(dee, "received", query);
      return invitations.map((invitation) => invitation.room);
    };
    assert.deepEqual(await rooms(""), [second.id, room.id]);
    assert.deepEqual(await rooms("?limit=1"), [second.id]);
    assert.deepEqual(await rooms("?skip=1&limit=5"), [room.id]);
    assert.equal((await list(dee, "received", "?limit=1")).count, 2);
  });
  await check("a deleted room invites nobody", async () => {
    const short = await newRoom(ada, eve);
    const id = await invitationTo(eve, short);
    await ask(ada, "DELETE", `/chat/rooms/${short.id}`);
    refuses(await reply(eve, "GET", "accept", id), 404, texts.invitation);
    answers(await call(eve, "GET", "/chat/invitations/received"), { invitations: [], count: 0 });
  });
  await check("administrators add without asking", async () => {
    const res = await call(root, "PUT", `/admin/chat/rooms/${room.id}/add`, { users: [eve.id] }, key);
    answers(res, { result: "Users added" });
    await takesPart(ada, room, eves);
  });
};
