import { Conversation } from '../core/wire';
import { brief } from '../shared/words';

/** What a conversation's customer is called. */
export function title(item: Pick<Conversation, 'name' | 'email' | 'user'>): string {
  return item.name || item.email || (item.user ? brief(item.user) : 'Visitor');
}
