import { Conversation } from '../core/wire';
import { brief } from '../shared/words';

/** What a conversation's customer is called. */
export function title(item: Pick<Conversation, 'name' | 'email' | 'user'>): string {
  return item.name || item.email || (item.user ? brief(item.user) : 'Visitor');
}

/** What sort of customer it is: who belongs to no user has never signed in. */
export function sort(item: Pick<Conversation, 'kind' | 'user'>): string {
  if (item.kind === 'session') {
    return 'Chatbot session';
  }
  return item.user ? 'Signed-in user' : 'Guest';
}

/** The customer's id: whatever they are called, their picture has one colour everywhere. */
export function who(item: Pick<Conversation, 'uuid' | 'user'>): string {
  return item.user ?? item.uuid;
}
