import { ChangeDetectionStrategy, Component, effect, inject, input, signal, untracked } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Notices } from '../core/notices';
import { ChatbotDocument } from '../core/wire';
import { Confirm } from '../shared/confirm';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { BytesPipe, WhenPipe } from '../shared/when.pipe';

/** What a chatbot can look up. */
@Component({
  selector: 'parley-documents',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [BytesPipe, ListFoot, MatButton, MatIcon, MatIconButton, MatProgressBar, WhenPipe],
  host: { class: 'card', role: 'region', 'aria-label': 'Documents' },
  template: `
    <h2>Documents</h2>
    <p class="muted">
      Text, Markdown or HTML, up to 10 MiB each. The best passages go along with every question, and replies name them.
    </p>
    <div
      class="drop"
      [class.over]="over()"
      (dragover)="dragged($event)"
      (dragleave)="over.set(false)"
      (drop)="dropped($event)"
    >
      <input
        #picker
        type="file"
        multiple
        hidden
        accept=".txt,.md,.markdown,.html,.htm,text/*"
        aria-label="Documents"
        (change)="picked(picker)"
      />
      <button matButton="tonal" type="button" [disabled]="!!sending()" (click)="picker.click()">
        <mat-icon svgIcon="upload" />Upload documents
      </button>
      <span class="muted">or drop them here</span>
    </div>
    @if (sending(); as name) {
      <p role="status">Uploading {{ name }}…</p>
      <mat-progress-bar mode="indeterminate" aria-label="Uploading" />
    }
    @for (text of problems(); track $index) {
      <p class="problem" role="alert">{{ text }}</p>
    }
    <ul>
      @for (document of list.items(); track document.document_id) {
        <li>
          <mat-icon svgIcon="file" />
          <span class="what">
            <span class="name">{{ document.name }}</span>
            <span class="muted"
              >{{ document.size | bytes }} · {{ document.chunks }}
              {{ document.chunks === 1 ? 'passage' : 'passages' }} · {{ document.created_at | when: 'short' }}</span
            >
          </span>
          <button matIconButton type="button" [attr.aria-label]="'Delete ' + document.name" (click)="delete(document)">
            <mat-icon svgIcon="trash" />
          </button>
        </li>
      }
    </ul>
    <parley-list-foot [list]="list" what="documents" empty="No documents yet." />
  `,
  styles: `
    :host {
      display: block;
    }
    .drop {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: center;
      gap: 8px 14px;
      margin: 16px 0;
      padding: 20px;
      border: 1.5px dashed var(--mat-sys-outline);
      border-radius: 14px;
    }
    .over {
      background: var(--mat-sys-primary-container);
    }
    ul {
      list-style: none;
      margin: 0;
      padding: 0;
    }
    li {
      display: flex;
      align-items: center;
      gap: 12px;
      padding: 6px 0;
      border-top: 1px solid var(--mat-sys-outline-variant);
    }
    li mat-icon {
      flex: none;
    }
    .what {
      flex: 1;
      min-width: 0;
      display: grid;
      font: var(--mat-sys-body-small);
    }
    .name {
      font: var(--mat-sys-body-medium);
      overflow-wrap: anywhere;
    }
  `,
})
export class Documents {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  readonly chatbot = input.required<string>();
  protected readonly over = signal(false);
  protected readonly sending = signal('');
  protected readonly problems = signal<readonly string[]>([]);
  protected readonly list = new Listing<ChatbotDocument>(async (page) => {
    const found = await this.api.get<{ documents: ChatbotDocument[]; count: number }>(this.path(), page);
    return { items: found.documents, count: found.count };
  });

  constructor() {
    effect(() => {
      this.chatbot();
      untracked(() => void this.list.load(0));
    });
  }

  protected picked(input: HTMLInputElement): void {
    const files = [...(input.files ?? [])];
    input.value = '';
    void this.upload(files);
  }

  protected dragged(event: DragEvent): void {
    event.preventDefault(); // else the browser opens what is dropped
    this.over.set(true);
  }

  protected dropped(event: DragEvent): void {
    event.preventDefault();
    this.over.set(false);
    void this.upload([...(event.dataTransfer?.files ?? [])]);
  }

  /** One after the other: the server takes few at once. */
  private async upload(files: File[]): Promise<void> {
    this.problems.set([]);
    for (const file of files) {
      this.sending.set(file.name);
      try {
        await this.api.upload(this.path(), file);
      } catch (error) {
        this.problems.update((problems) => [...problems, `${file.name}: ${said(error)}`]);
      }
    }
    this.sending.set('');
    await this.list.load(0);
  }

  protected async delete(document: ChatbotDocument): Promise<void> {
    const text = 'It is found no more; replies that used it stay.';
    const sure = await this.confirm.ask({ title: `Delete “${document.name}”?`, text, action: 'Delete' });
    const path = `${this.path()}/${encodeURIComponent(document.document_id)}`;
    if (sure && (await this.notices.tried(this.api.delete(path), 'Deleted.'))) {
      await this.list.load();
    }
  }

  private path(): string {
    return `chatbot/${encodeURIComponent(untracked(this.chatbot))}/documents`;
  }
}
