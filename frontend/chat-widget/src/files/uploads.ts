import type { Client, UploadedFile } from '@parley/chat-core';

export interface Upload {
  name: string;
  /** From 0 to 1. */
  progress: number;
  failed: boolean;
  /** Set once the server has it. */
  file?: UploadedFile;
  abort: AbortController;
}

/** The files that are to go with the next message. */
export class Uploads {
  list: readonly Upload[] = [];
  /** Of the files that were uploaded here: a message names its files by their ids alone. */
  readonly names = new Map<string, string>();

  constructor(private readonly changed: () => void) {}

  get busy(): boolean {
    return this.list.some((upload) => !upload.file && !upload.failed);
  }

  get done(): UploadedFile[] {
    return this.list.flatMap((upload) => upload.file ?? []);
  }

  add(client: Client, files: Iterable<File>): void {
    for (const file of files) void this.send(client, file);
  }

  remove(upload: Upload): void {
    upload.abort.abort();
    this.set(this.list.filter((other) => other !== upload));
  }

  clear(): void {
    for (const upload of this.list) upload.abort.abort();
    this.set([]);
  }

  private async send(client: Client, file: File): Promise<void> {
    const upload: Upload = { name: file.name || 'file', progress: 0, failed: false, abort: new AbortController() };
    this.set([...this.list, upload]);
    try {
      upload.file = await client.upload(
        file,
        upload.name,
        (fraction) => this.step(upload, fraction),
        upload.abort.signal,
      );
      this.names.set(upload.file.id, upload.name);
    } catch {
      upload.failed = true;
    }
    this.changed();
  }

  private step(upload: Upload, fraction: number): void {
    upload.progress = fraction;
    this.changed();
  }

  private set(list: readonly Upload[]): void {
    this.list = list;
    this.changed();
  }
}
