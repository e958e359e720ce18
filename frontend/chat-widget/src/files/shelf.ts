import { look, save, type Received } from './received';

/** The files of the messages that are shown, each looked at once. */
export class Shelf {
  private readonly files = new Map<string, Received>();

  constructor(
    private readonly url: (file: string) => string,
    private readonly token: () => Promise<string>,
    private readonly changed: () => void,
  ) {}

  /** What is known of a file; what is not is asked for, and `changed` is called when it is known. */
  get(file: string): Received {
    const known = this.files.get(file);
    if (known) return known;
    const unknown: Received = {};
    this.files.set(file, unknown);
    void this.look(file, unknown);
    return unknown;
  }

  async save(file: string, name: string): Promise<void> {
    await save(this.url(file), await this.token(), name);
  }

  clear(): void {
    for (const { image } of this.files.values()) if (image) URL.revokeObjectURL(image);
    this.files.clear();
  }

  private async look(file: string, unknown: Received): Promise<void> {
    try {
      const received = await look(this.url(file), await this.token());
      if (this.files.get(file) !== unknown) return;
      this.files.set(file, received);
      this.changed();
    } catch {
      // It can still be asked for by hand.
    }
  }
}
