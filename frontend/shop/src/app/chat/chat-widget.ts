import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  effect,
  inject,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { ChatPanel, ChatService } from '@parley/angular';
import { filter } from 'rxjs';
import { Account } from '../account/account';

/**
 * The chat in the corner of the shop: a button, what has come meanwhile, and the panel once it is opened. The panel shows
 * the visitor's conversation as the server keeps it, so a page that was reloaded shows what was said before.
 */
@Component({
  selector: 'shop-chat-widget',
  imports: [ChatPanel],
  templateUrl: './chat-widget.html',
  styleUrl: './chat-widget.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class ChatWidget {
  protected readonly open = signal(false);
  /** What came while nobody looked. */
  protected readonly unseen = signal<readonly string[]>([]);

  private readonly chat = inject(ChatService);
  private readonly account = inject(Account);
  private readonly injector = inject(Injector);
  private readonly launcher = viewChild<ElementRef<HTMLButtonElement>>('launcher');
  private readonly panel = viewChild(ChatPanel);

  constructor() {
    this.chat.message$
      .pipe(
        filter((message) => !message.own && !this.open()),
        takeUntilDestroyed(),
      )
      .subscribe((message) => this.unseen.update((texts) => [...texts, message.text]));

    // Who has talked to us before hears what comes without opening the chat; a stranger costs the server nothing yet.
    if (this.account.known()) this.chat.connect();

    let before = this.account.person()?._id;
    effect(() => {
      const now = this.account.person()?._id;
      if (now === before) return;
      before = now;
      untracked(() => this.changeVisitor());
    });
  }

  show(): void {
    this.open.set(true);
    this.unseen.set([]);
    afterNextRender(() => this.panel()?.focus(), { injector: this.injector });
  }

  /** Opens the chat and asks. */
  ask(question: string): void {
    this.show();
    this.chat.send(question);
  }

  protected hide(): void {
    this.open.set(false);
    afterNextRender(() => this.launcher()?.nativeElement.focus(), { injector: this.injector });
  }

  private changeVisitor(): void {
    this.unseen.set([]);
    this.chat.setToken(() => this.account.token());
  }
}
