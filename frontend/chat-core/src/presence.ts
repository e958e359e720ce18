/** Who is online in a room. What comes after one has asked holds over the answer. */
export class Presence {
  users: readonly string[] = [];
  private news: [user: string, online: boolean][] | undefined;

  constructor(private readonly changed: (users: readonly string[]) => void) {}

  asking(): void {
    this.news = [];
  }

  /** What was answered; none if nothing was. */
  answered(users = this.users): void {
    const { news = [] } = this;
    this.news = undefined;
    this.set(news.reduce(apply, users));
  }

  heard(user: string, online: boolean): void {
    this.news?.push([user, online]);
    this.set(apply(this.users, [user, online]));
  }

  clear(): void {
    this.news = undefined;
    this.set([]);
  }

  private set(users: readonly string[]): void {
    if (users.join('\n') === this.users.join('\n')) return;
    this.users = users;
    this.changed(users);
  }
}

function apply(users: readonly string[], [user, online]: [string, boolean]): readonly string[] {
  const others = users.filter((u) => u !== user);
  return online ? [...others, user] : others;
}
