// Users who ask, are cut off in the middle of the reply, and come back after a
// while, with the official client: some have their session recovered, some begin
// anew and catch up with `sync`. What went wrong, and what each user has in the
// end, is printed.
import { Asker } from "./streams/asker.js";

const { url, users } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const askers = users.map((user) => new Asker(url, user));
await Promise.all(askers.map((asker) => asker.run()));
say({ users: askers.map((asker) => asker.account()) });
for (const asker of askers) asker.client.close();
