import type { ChatMessage, Client } from '@parley/chat-core';
import type { TemplateResult } from 'lit/html.js';
import type { Drawing } from '../lazy';
import type { Texts } from '../texts';
import styles from './files.css';
import { isName } from './name';
import { Shelf } from './shelf';
import { type Upload, Uploads } from './uploads';

/** Who shows files. */
export interface FilesHost {
  readonly texts: Texts;
  fileUrl(file: string): string;
  fileToken(): Promise<string>;
  requestUpdate(): void;
  attempt(action: Promise<unknown>): void;
  /** An image has its height. */
  settle(): void;
}

const filePath = 'M13.5 3.5H7.5a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-10m-5-5 5 5m-5-5v3a2 2 0 0 0 2 2h3';

/** Files of messages, and those that are to go with the next one: loaded when there are some. */
export class Files {
  readonly styles = styles;
  private readonly uploads: Uploads;
  private readonly shelf: Shelf;

  constructor(
    private readonly host: FilesHost,
    private readonly drawing: Drawing,
  ) {
    const changed = (): void => host.requestUpdate();
    this.uploads = new Uploads(changed);
    this.shelf = new Shelf(
      (file) => host.fileUrl(file),
      () => host.fileToken(),
      changed,
    );
  }

  /** Whether a file is still on its way. */
  get busy(): boolean {
    return this.uploads.busy;
  }

  /** The ids of those that the server has, for the next message. */
  get done(): string[] {
    return this.uploads.done.map((file) => file.id);
  }

  attach(client: Client, files: Iterable<File>): void {
    this.uploads.add(client, files);
  }

  /** A message has taken the files along. */
  sent(): void {
    this.uploads.clear();
  }

  clear(): void {
    this.uploads.clear();
    this.shelf.clear();
  }

  /** The files that are to go with the next message. */
  waiting(): TemplateResult[] {
    return this.uploads.list.map((upload) => this.row(upload));
  }

  /** One of a message's files. */
  show(message: ChatMessage, id: string): TemplateResult {
    const { html, icon } = this.drawing;
    const { texts } = this.host;
    const { image, name: told } = this.shelf.get(id);
    const name = told ?? this.uploads.names.get(id) ?? ((isName(message) && message.text) || texts.attachment);
    const label = texts.download(name);
    const save = (): void => this.host.attempt(this.shelf.save(id, name));
    return image
      ? html`<button class="image" type="button" aria-label=${label} @click=${save}>
          <img src=${image} alt=${name} @load=${() => this.host.settle()} />
        </button>`
      : html`<button class="file" type="button" aria-label=${label} @click=${save}>
          ${icon(filePath)}<span dir="auto">${name}</span>
        </button>`;
  }

  private row(upload: Upload): TemplateResult {
    const { html, icon, closeIcon } = this.drawing;
    const { texts } = this.host;
    return html`
      <div class="upload ${upload.failed ? 'error' : ''}">
        ${icon(filePath)}
        <span dir="auto">${upload.failed ? texts.uploadFailed(upload.name) : upload.name}</span>
        ${upload.file || upload.failed
          ? ''
          : html`<progress max="1" .value=${upload.progress} aria-label=${texts.uploading(upload.name)}></progress>`}
        <button
          class="quiet small"
          type="button"
          aria-label=${texts.removeFile(upload.name)}
          @click=${() => this.uploads.remove(upload)}
        >
          ${closeIcon}
        </button>
      </div>
    `;
  }
}
