import type { ChatError, ChatMessage, Connection, ConversationState } from '@parley/chat-core';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { serverUrl } from './base';
import { RenderedElement } from './element';
import type { Files, FilesHost } from './files/files';
import { lazyFiles } from './files/lazy';
import { loadRare } from './rare/lazy';
import type { Conversation } from './session/conversation';
import { loadClient, Session } from './session/session';
import styles from './styles/index.css';
import { en, languageOf, loadTexts, type Texts } from './texts';
import type { Host } from './view/host';
import { launcher, type LauncherHost } from './view/launcher';
import { panel } from './view/panel';
import { Scrolling } from './view/scrolling';

const noticeTime = 8000;
/** A reply's words come faster than eyes read: between two renderings passes this much, in milliseconds. */
const frame = 40;

const attributes = ['url', 'token', 'room', 'locale', 'theme', 'position'] as const;

/** `<parley-chat>`: see README.md for its attributes, methods, events and style variables. */
export class ParleyChat extends RenderedElement implements Host, LauncherHost, FilesHost {
  static observedAttributes = [...attributes, 'title', 'open'];
  static {
    this.have([...attributes, 'heading']);
  }

  declare url: string | null;
  declare token: string | null;
  declare room: string | null;
  declare locale: string | null;
  declare theme: 'light' | 'dark' | 'auto' | null;
  declare position: 'start' | 'end' | 'left' | 'right' | null;
  /** The attribute `title`. */
  declare heading: string | null;

  texts: Texts = en;
  language = 'en';
  escalating = false;
  confirming = false;
  notice = '';
  draft = '';

  readonly scrolling = new Scrolling(
    (selector) => this.find(selector),
    () => (this.requestUpdate(), this.updateComplete),
    () => this.conversation?.older(),
  );
  private readonly session = new Session(
    {
      changed: () => this.later(),
      connected: () => this.tellState(),
      arrived: (message) => this.emit('message', { message }),
      state: (state) => this.onState(state),
      failed: (error) => this.emit('error', { code: error.code, message: error.message }),
    },
    () => this.clean(),
  );
  private readonly filing = lazyFiles(this);
  private dismissed = '';
  private told = -1;
  private focusBack: Element | null = null;
  private wantsFocus = false;
  private wantsToSend = false;
  private hadFocus = false;
  private wasOpened = false;
  private spoken: string | null | undefined;
  private timers: Record<string, ReturnType<typeof setTimeout> | undefined> = {};
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super(styles);
    this.adopt([...attributes, 'heading', 'opened']);
  }

  get opened(): boolean {
    return this.hasAttribute('open');
  }

  set opened(opened: boolean) {
    this.toggleAttribute('open', opened);
  }

  // What pages call.

  open(): void {
    if (this.opened) return;
    this.focusBack = document.activeElement;
    this.wantsFocus = true;
    this.opened = true;
  }

  close(): void {
    if (!this.opened) return;
    this.opened = false;
    this.confirming = false;
    const { focusBack } = this;
    // Who was elsewhere in the page stays there. Else what opened the chat gets the focus: the launcher, or a button.
    if (document.activeElement !== this && document.activeElement !== document.body) return;
    void this.updateComplete.then(() => {
      const back = focusBack !== this && focusBack !== document.body && focusBack?.isConnected ? focusBack : undefined;
      (back instanceof HTMLElement ? back : this.find<HTMLElement>('.launcher'))?.focus();
    });
  }

  toggle(): void {
    if (this.opened) this.close();
    else this.open();
  }

  /** Another token of the same user, or another user; null for a guest. */
  setToken(token: string | null): void {
    this.token = token;
  }

  setLocale(locale: string): void {
    this.locale = locale;
  }

  /** Forgets the token, the guest and everything that is shown. */
  reset(): void {
    this.session.forget(serverUrl(this.url));
    this.removeAttribute('token');
    this.token = null;
    this.requestUpdate();
  }

  // What the browser calls.

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === 'open') this.requestUpdate();
    else Object.assign(this, { [name === 'title' ? 'heading' : name]: value });
  }

  connectedCallback(): void {
    document.addEventListener('visibilitychange', this.seen);
    window.visualViewport?.addEventListener('resize', this.scrolling.fit);
    this.clock = setInterval(
      () => this.conversation?.state.state === 'waiting' && this.opened && this.requestUpdate(),
      1000,
    );
    this.requestUpdate();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.seen);
    window.visualViewport?.removeEventListener('resize', this.scrolling.fit);
    clearInterval(this.clock);
    this.session.leave();
  }

  // What follows from a change.

  protected override willUpdate(): void {
    if (this.locale !== this.spoken) void this.speak();
    this.session.follow({ url: serverUrl(this.url), room: this.room || 'me', token: this.token || null }, this.opened);
    this.hadFocus = !!this.renderRoot.activeElement;
  }

  protected override updated(): void {
    if (this.opened !== this.wasOpened) {
      this.wasOpened = this.opened;
      this.emit(this.opened ? 'open' : 'close');
      if (this.opened) this.toNewest();
    }
    if (this.wantsToSend && this.conversation) this.submit();
    this.scrolling.settle();
    // The focus does not get lost with the button that had it.
    if (this.opened && (this.wantsFocus || (this.hadFocus && !this.renderRoot.activeElement))) {
      this.wantsFocus = false;
      this.find<HTMLTextAreaElement>('textarea')?.focus({ preventScroll: true });
    }
    this.seen();
    const { unread } = this;
    if (unread !== this.told) {
      if (this.told >= 0 || unread) this.emit('unread', { count: unread });
      this.told = unread;
    }
  }

  protected override render(): TemplateResult {
    const { position } = this;
    const rtl = getComputedStyle(this).direction === 'rtl'; // the page's, whatever the texts are
    const side =
      position === 'left' || position === 'right' ? position : (position === 'start') === rtl ? 'right' : 'left';
    // The empty title keeps the host's title from showing as a tooltip everywhere.
    return html`<div
      class="root ${side} ${this.opened ? 'opened' : ''}"
      dir=${this.texts.dir}
      lang=${languageOf(this.language)}
      title=""
      @keydown=${this.onKey}
    >
      ${this.opened ? panel(this) : nothing} ${launcher(this)}
    </div>`;
  }

  // What the views ask for.

  get conversation(): Conversation | undefined {
    return this.session.conversation;
  }

  get trouble(): Connection | undefined {
    return this.session.trouble;
  }

  get unread(): number {
    return this.conversation?.unread ?? 0;
  }

  get preview(): ChatMessage | undefined {
    const message = this.conversation?.preview;
    return message && message.key !== this.dismissed ? message : undefined;
  }

  get guest(): boolean {
    return !this.token;
  }

  get mayUpload(): boolean {
    const role = this.conversation?.client.user?.role;
    return !!role && role !== 'guest';
  }

  get ownRoom(): boolean {
    return (this.room || 'me') === 'me';
  }

  get mayEscalate(): boolean {
    const { conversation } = this;
    if (!conversation || ['waiting', 'assigned'].includes(conversation.state.state)) return false;
    if (conversation.client.connection === 'refused') return false;
    const kind = conversation.client.rooms.find((room) => room.id === conversation.room.id)?.kind;
    return this.ownRoom || (!!kind && kind !== 'group');
  }

  /** Somebody is about to open the chat. */
  prepare(): void {
    void loadClient().catch(() => undefined);
  }

  dismissPreview(): void {
    this.dismissed = this.conversation?.preview?.key ?? '';
    this.requestUpdate();
  }

  write(text: string): void {
    this.draft = text;
    this.wantsToSend = false;
    this.conversation?.room.type();
    this.requestUpdate();
  }

  submit(): void {
    const { conversation, files } = this;
    const text = this.draft.trim();
    const ids = files?.done ?? [];
    if (files?.busy || (!text && !ids.length)) return;
    this.wantsToSend = !conversation;
    if (!conversation) return; // the client is still being loaded
    conversation.room.send(text, ids.length ? { files: ids } : {});
    this.draft = '';
    files?.sent();
    // The button that was pressed takes no more, and loses the focus.
    this.wantsFocus = true;
    this.toNewest();
    this.requestUpdate();
  }

  attach(files: Iterable<File>): void {
    const { conversation } = this;
    if (!conversation || !this.mayUpload) return;
    this.attempt(
      this.filing.load().then((all) => {
        this.wear(all.styles);
        all.attach(conversation.client, files);
      }),
    );
  }

  stop(): void {
    this.attempt(this.conversation?.room.stop());
  }

  escalate(): void {
    if (this.escalating) return;
    this.escalating = true;
    this.attempt(this.conversation?.room.escalate()?.finally(() => (this.escalating = false)));
    this.requestUpdate();
  }

  confirm(asking: boolean): void {
    const show = (): void => {
      this.confirming = asking;
      this.requestUpdate();
      void this.updateComplete.then(() => this.find<HTMLElement>(asking ? '.sheet button' : 'textarea')?.focus());
    };
    if (asking) this.attempt(loadRare().then(show));
    else show();
  }

  clear(): void {
    this.confirm(false);
    this.attempt(this.conversation?.room.clear());
  }

  dismissNotice(): void {
    this.notice = '';
    this.requestUpdate();
  }

  reconnect(): void {
    this.session.restart();
  }

  toNewest(): void {
    this.scrolling.up = false;
    this.requestUpdate();
  }

  get files(): Files | undefined {
    return this.filing.made;
  }

  file(message: ChatMessage, id: string): TemplateResult {
    const files = this.filing.get(() => this.requestUpdate());
    if (!files) return html`<span class="status">${this.texts.attachment}</span>`;
    this.wear(files.styles);
    return files.show(message, id);
  }

  // What files ask for.

  fileUrl(file: string): string {
    return `${serverUrl(this.url)}chat/files/${encodeURIComponent(file)}`;
  }

  fileToken(): Promise<string> {
    return this.session.token();
  }

  settle(): void {
    this.scrolling.settle();
  }

  // What happens inside.

  private onState(state: ConversationState): void {
    if (state.state === 'waiting' || state.state === 'assigned') this.escalating = false;
    this.requestUpdate();
    this.tellState();
  }

  private tellState(): void {
    if (!this.conversation) return;
    this.emit('state', { connection: this.conversation.client.connection, ...this.conversation.state });
  }

  /** Nothing of another place, or of another user, stays. */
  private clean(): void {
    this.files?.clear();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.timers = {};
    this.notice = this.draft = '';
    this.confirming = this.escalating = this.wantsToSend = false;
    this.requestUpdate();
  }

  attempt(action: Promise<unknown> | undefined): void {
    action?.then(
      () => this.requestUpdate(),
      (error: ChatError) => {
        this.notice = error.code === 'offline' ? this.texts.offline : this.texts.failedAction;
        this.emit('error', { code: error.code ?? 'internal', message: error.message });
        clearTimeout(this.timers.notice);
        this.timers.notice = setTimeout(() => this.dismissNotice(), noticeTime);
        this.requestUpdate();
      },
    );
  }

  /** Renders soon, and once for all the words that came in between. */
  private later(): void {
    this.timers.render ??= setTimeout(() => {
      this.timers.render = undefined;
      this.requestUpdate();
    }, frame);
  }

  private async speak(): Promise<void> {
    const asked = (this.spoken = this.locale);
    this.language = asked || document.documentElement.lang || navigator.language || 'en';
    const texts = await loadTexts(languageOf(this.language));
    if (asked !== this.locale) return;
    this.texts = texts;
    // Dates are written in the language of the texts, in the reader's own way where that is known.
    if (languageOf(this.language) === 'en' && !/^en/i.test(this.language)) this.language = 'en';
    this.requestUpdate();
  }

  private readonly seen = (): void => {
    if (this.opened && !this.scrolling.up && document.visibilityState === 'visible') this.conversation?.read();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || !this.opened) return;
    event.stopPropagation();
    if (this.confirming) this.confirm(false);
    else this.close();
  };

  private find<T extends Element>(selector: string): T | null {
    return this.renderRoot.querySelector<T>(selector);
  }

  private emit(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`parley-${name}`, { detail, bubbles: true, composed: true }));
  }
}
