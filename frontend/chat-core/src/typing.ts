const sayEveryMs = 3000;
const silenceMs = 4000;
const forgetMs = 8000; // the server ends one that is not repeated within 6 s

type Timer = ReturnType<typeof setTimeout>;

/** Who types in a room, and that oneself does. */
export class Typing {
  users: readonly string[] = [];
  private readonly timers = new Map<string, Timer>();
  private saidAt = 0;
  private silence: Timer | undefined;

  constructor(
    private readonly say: (typing: boolean) => void,
    private readonly changed: (users: readonly string[]) => void,
  ) {}

  /** A key was pressed. */
  type(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.stop();
      this.say(false);
    }, silenceMs);
    if (Date.now() - this.saidAt < sayEveryMs) return;
    this.saidAt = Date.now();
    this.say(true);
  }

  /** A message was sent: the server ends the typing with it. */
  stop(): void {
    clearTimeout(this.silence);
    this.saidAt = 0;
  }

  heard(user: string, typing: boolean): void {
    clearTimeout(this.timers.get(user));
    this.timers.delete(user);
    if (typing)
      this.timers.set(
        user,
        setTimeout(() => this.heard(user, false), forgetMs),
      );
    this.tell();
  }

  clear(): void {
    this.stop();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.tell();
  }

  private tell(): void {
    const users = [...this.timers.keys()];
    if (users.join('\n') === this.users.join('\n')) return;
    this.users = users;
    this.changed(users);
  }
}
