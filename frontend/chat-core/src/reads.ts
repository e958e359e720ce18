const sayEveryMs = 1000;

/** How far this user has read a room: said at most once a second, and only forward. */
export class Reads {
  private upTo = 0; // what is to be said
  private said = 0; // what was said
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `say` answers whether it could. */
  constructor(private readonly say: (seq: number) => boolean) {}

  read(seq: number): void {
    this.upTo = Math.max(this.upTo, seq);
    this.flush();
  }

  /** What the server has; with `anew`, no more than that. */
  known(seq: number, anew = false): void {
    this.said = anew ? seq : Math.max(this.said, seq);
  }

  flush(): void {
    if (this.timer || this.upTo <= this.said || !this.say(this.upTo)) return;
    this.said = this.upTo;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, sayEveryMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  reset(): void {
    this.upTo = this.said = 0;
  }
}
