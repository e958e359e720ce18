/** What talks to the server: a part of its own, which a page does not load before somebody chats. */
export { createClient } from '@parley/chat-core';
