import { ChangeDetectionStrategy, Component, effect, inject, signal, untracked } from '@angular/core';
import { MatButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { Router, RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { Notices } from '../core/notices';
import { Chatbot } from '../core/wire';
import { Avatar } from '../shared/avatar';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { SearchField } from '../shared/search-field';
import { AskText } from '../shared/text.dialog';
import { Chatbots } from './chatbots';

@Component({
  selector: 'parley-chatbots',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, ListFoot, MatButton, MatIcon, RouterLink, SearchField],
  host: { class: 'page' },
  template: `
    <div class="page-head">
      <h1>Chatbots</h1>
      <span class="spacer"></span>
      <button matButton="filled" type="button" (click)="create()"><mat-icon svgIcon="plus" />New chatbot</button>
    </div>
    <div class="tools"><parley-search label="Part of the name" [(value)]="search" /></div>
    <ul>
      @for (bot of list.items(); track bot.chatbot_id) {
        <li>
          <a class="card" [routerLink]="['/admin/chatbots', bot.chatbot_id]">
            <span class="name"><parley-avatar icon="bot" [id]="bot.chatbot_id" class="small" />{{ bot.name }}</span>
            <span class="prompt muted">{{ bot.prompt || 'No prompt' }}</span>
            <span class="chips">
              @if (bot.chatbot_id === 'default') {
                <span class="chip agent">Default</span>
              }
              <span class="chip">{{ bot.model || 'The server’s model' }}</span>
              @if (bot.hasKey) {
                <span class="chip good">Own key</span>
              }
            </span>
          </a>
        </li>
      }
    </ul>
    <parley-list-foot [list]="list" what="chatbots" empty="No chatbot is called so." />
  `,
  styles: `
    ul {
      list-style: none;
      margin: 0;
      padding: 0;
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr));
      gap: 16px;
    }
    .card {
      display: grid;
      grid-template-rows: auto 1fr auto;
      gap: 10px;
      height: 100%;
      color: inherit;
      text-decoration: none;
    }
    .card:hover {
      border-color: var(--mat-sys-primary);
    }
    .name {
      display: flex;
      align-items: center;
      gap: 10px;
      font: var(--mat-sys-title-medium);
      overflow-wrap: anywhere;
    }
    .prompt {
      display: -webkit-box;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 3;
      overflow: hidden;
      overflow-wrap: anywhere;
    }
    .chips {
      display: flex;
      flex-wrap: wrap;
      gap: 6px;
    }
  `,
})
export class ChatbotsPage {
  private readonly api = inject(Api);
  private readonly askText = inject(AskText);
  private readonly chatbots = inject(Chatbots);
  private readonly notices = inject(Notices);
  private readonly router = inject(Router);
  protected readonly search = signal('');
  protected readonly list = new Listing<Chatbot>((page) =>
    this.chatbots.list({ ...page, search: untracked(this.search) }),
  );

  constructor() {
    effect(() => {
      this.search();
      untracked(() => void this.list.load(0));
    });
  }

  protected async create(): Promise<void> {
    const name = await this.askText.ask({ title: 'New chatbot', label: 'Name', action: 'Create' });
    const bot = name && (await this.notices.tried(this.api.post<Chatbot>('chatbot', { name, prompt: '' })));
    if (bot) {
      await this.router.navigate(['/admin/chatbots', bot.chatbot_id]);
    }
  }
}
