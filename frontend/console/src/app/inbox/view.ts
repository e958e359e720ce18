import { Conversation, State } from '../core/wire';

/** Which conversations are listed: those of a state, all that are not resolved, or the caller's. */
export type View = 'open' | 'mine' | State;

/** What of the list belongs in a view, in its order: the queue's for those that wait, else the last changed first. */
export function arranged(list: readonly Conversation[], view: View, me: string): Conversation[] {
  const shown = list.filter((item) => {
    switch (view) {
      case 'open':
        return item.state !== 'resolved';
      case 'mine':
        return item.state === 'assigned' && item.agent === me;
      default:
        return item.state === view;
    }
  });
  if (view === 'waiting') {
    return shown.sort(
      (a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || (b.waitSeconds ?? 0) - (a.waitSeconds ?? 0),
    );
  }
  return shown.sort((a, b) => moved(b).localeCompare(moved(a)));
}

/** When a conversation last changed or was written in: every new message moves it up. */
function moved(item: Conversation): string {
  const last = item.last_message?.date ?? '';
  return last > item.updated ? last : item.updated;
}
