import { html, nothing, type TemplateResult } from 'lit/html.js';
import { onEnter } from './enter';
import type { Host } from './host';
import { attachIcon, personIcon, sendIcon } from './icons';

/** Below the server's 64 KiB, whatever is written. */
const longest = 16_000;

/** Where one writes. Enter sends, unless it ends a word of an input method. */
export function composer(host: Host): TemplateResult {
  const { texts } = host;
  const empty = !host.draft.trim() && !host.files?.done.length;
  return html`
    <div class="foot" ?inert=${host.confirming}>
      ${host.mayEscalate
        ? html`<button class="escalate" type="button" aria-disabled=${host.escalating} @click=${() => host.escalate()}>
            ${host.escalating ? html`<span class="spinner"></span>` : personIcon}${texts.person}
          </button>`
        : nothing}
      <form class="composer" @submit=${onSubmit(host)}>
        ${host.files?.waiting()}
        <div class="line">
          ${host.mayUpload ? attach(host) : nothing}
          <textarea
            rows="1"
            dir=${host.draft ? 'auto' : texts.dir}
            maxlength=${longest}
            aria-label=${texts.placeholder}
            placeholder=${texts.placeholder}
            enterkeyhint="send"
            .value=${host.draft}
            @input=${(event: InputEvent) => host.write((event.target as HTMLTextAreaElement).value)}
            @keydown=${(event: KeyboardEvent) => onEnter(event, () => host.submit())}
            @paste=${(event: ClipboardEvent) => onPaste(host, event)}
          ></textarea>
          <button class="send" type="submit" aria-label=${texts.send} ?disabled=${empty || host.files?.busy}>
            ${sendIcon}
          </button>
        </div>
      </form>
    </div>
  `;
}

function onSubmit(host: Host): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    host.submit();
  };
}

function onPaste(host: Host, event: ClipboardEvent): void {
  const files = event.clipboardData?.files;
  if (!files?.length || !host.mayUpload) return;
  event.preventDefault();
  host.attach(files);
}

function attach(host: Host): TemplateResult {
  return html`
    <input
      class="sr"
      type="file"
      multiple
      tabindex="-1"
      aria-hidden="true"
      @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        host.attach([...(input.files ?? [])]);
        input.value = '';
      }}
    />
    <button
      class="quiet"
      type="button"
      aria-label=${host.texts.attach}
      @click=${(event: Event) =>
        ((event.currentTarget as HTMLElement).previousElementSibling as HTMLInputElement).click()}
    >
      ${attachIcon}
    </button>
  `;
}
