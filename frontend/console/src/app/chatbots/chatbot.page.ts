import { CdkTextareaAutosize } from '@angular/cdk/text-field';
import { ChangeDetectionStrategy, Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatFormField, MatHint, MatLabel } from '@angular/material/form-field';
import { MatIcon } from '@angular/material/icon';
import { MatInput } from '@angular/material/input';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Notices } from '../core/notices';
import { Chatbot } from '../core/wire';
import { Confirm } from '../shared/confirm';
import { Chatbots } from './chatbots';
import { Documents } from './documents';

/** One chatbot: what it is told, who computes its replies, and what it can look up. */
@Component({
  selector: 'parley-chatbot',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkTextareaAutosize,
    Documents,
    FormsModule,
    MatButton,
    MatFormField,
    MatHint,
    MatIcon,
    MatIconButton,
    MatInput,
    MatLabel,
    MatProgressBar,
    RouterLink,
  ],
  host: { class: 'page' },
  templateUrl: './chatbot.page.html',
  styles: `
    .columns {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(380px, 100%), 1fr));
      gap: 24px;
      align-items: start;
    }
    .form {
      gap: 14px;
    }
    .row {
      display: flex;
      gap: 8px;
    }
  `,
})
export class ChatbotPage {
  private readonly api = inject(Api);
  private readonly chatbots = inject(Chatbots);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  private readonly router = inject(Router);
  readonly id = input.required<string>();
  protected readonly bot = signal<Chatbot | undefined>(undefined);
  protected readonly problem = signal('');
  protected readonly refused = signal('');
  protected readonly busy = signal(false);
  protected readonly name = signal('');
  protected readonly prompt = signal('');
  protected readonly model = signal('');
  protected readonly url = signal('');
  /** Never shown: what stands here replaces the key that is stored. */
  protected readonly key = signal('');
  protected readonly changed = computed(() => {
    const bot = this.bot();
    return (
      !!bot &&
      (this.name() !== bot.name ||
        this.prompt() !== bot.prompt ||
        this.model() !== bot.model ||
        this.url() !== bot.url ||
        this.key() !== '')
    );
  });

  constructor() {
    effect(() => {
      const id = this.id();
      untracked(() => void this.load(id));
    });
  }

  protected async store(): Promise<void> {
    const change = {
      name: this.name().trim(),
      prompt: this.prompt(),
      model: this.model().trim(),
      url: this.url().trim(),
    };
    await this.patch(this.key() ? { ...change, key: this.key() } : change, 'Saved.');
  }

  protected async removeKey(): Promise<void> {
    const text = 'Replies are computed with the server’s own key then, or without one.';
    if (await this.confirm.ask({ title: 'Remove the key?', text, action: 'Remove' })) {
      await this.patch({ key: '' }, 'The key is removed.');
    }
  }

  protected async delete(bot: Chatbot): Promise<void> {
    const text = 'Its documents are deleted too, and its sessions end. Its conversations stay.';
    const sure = await this.confirm.ask({ title: `Delete “${bot.name}”?`, text, action: 'Delete' });
    if (sure && (await this.notices.tried(this.api.delete(this.path()), 'Deleted.'))) {
      await this.router.navigate(['/admin/chatbots']);
    }
  }

  private async load(id: string): Promise<void> {
    try {
      const bot = await this.chatbots.one(id);
      if (bot) {
        this.show(bot);
      }
      this.problem.set(bot ? '' : 'There is no such chatbot.');
    } catch (error) {
      this.problem.set(said(error));
    }
  }

  private async patch(change: object, done: string): Promise<void> {
    this.busy.set(true);
    this.refused.set('');
    try {
      this.show(await this.api.patch<Chatbot>(this.path(), change));
      this.notices.say(done);
    } catch (error) {
      this.refused.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }

  private show(bot: Chatbot): void {
    this.bot.set(bot);
    this.name.set(bot.name);
    this.prompt.set(bot.prompt ?? '');
    this.model.set(bot.model ?? '');
    this.url.set(bot.url ?? '');
    this.key.set('');
  }

  private path(): string {
    return `chatbot/${encodeURIComponent(this.id())}`;
  }
}
