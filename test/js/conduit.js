// A client of Conduit's chat as it is today: the routes, events and texts that
// one knows who has built on it. The last line on standard output is
//
//   {"failed": [...], "passed": [...]}
//
// and the exit status is 0 if nothing failed. The argument is JSON: `url`;
// `users`, six {id, token} of whom the last is an administrator; `masterkey`, if
// the server has one; `part`, what is to be run: "rooms", "messages", "socket",
// "admin" or "invitations", of which the last wants PARLEY_EXPLICIT_ROOM_JOINS.
import { finish, given } from "./conduit-client.js";
import { admin } from "./conduit-admin.js";
import { invitations } from "./conduit-invitations.js";
import { messages } from "./conduit-messages.js";
import { rooms } from "./conduit-rooms.js";
import { socket } from "./conduit-socket.js";

await { rooms, messages, socket, admin, invitations }[given.part](...given.users);
finish();
