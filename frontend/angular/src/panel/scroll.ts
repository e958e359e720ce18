import {
  DOCUMENT,
  DestroyRef,
  Injector,
  type ElementRef,
  type Signal,
  afterNextRender,
  afterRenderEffect,
  inject,
  signal,
} from '@angular/core';

export interface Scroll {
  readonly atEnd: Signal<boolean>;
  /** Whether the newest message is in sight, on a page that is. */
  readonly seesNewest: Signal<boolean>;
  toNewest(): void;
  /** Keeps what is in sight where it is while `change` puts something above it. */
  keepPlace(change: () => Promise<unknown>): Promise<void>;
  /** To be called when the list was scrolled. */
  moved(): void;
}

const NEAR = 48;

/** Keeps a list at its end while it grows there, unless the reader has scrolled away from it. */
export function keepScrolled(list: Signal<ElementRef<HTMLElement>>, content: Signal<unknown>): Scroll {
  const page = inject(DOCUMENT);
  const injector = inject(Injector);
  const destroyed = inject(DestroyRef);
  const atEnd = signal(true);
  const seesNewest = signal(!page.hidden);
  let holding = false;

  const look = (): void => seesNewest.set(atEnd() && !page.hidden);
  const toEnd = (): void => {
    const element = list().nativeElement;
    element.scrollTop = element.scrollHeight;
  };

  afterRenderEffect(() => {
    content();
    if (atEnd() && !holding) toEnd();
  });

  // The list also shrinks and grows with its box: a longer draft, a telephone's keyboard.
  afterNextRender(() => {
    const resized = new ResizeObserver(() => {
      if (atEnd()) toEnd();
    });
    resized.observe(list().nativeElement);
    page.addEventListener('visibilitychange', look);
    destroyed.onDestroy(() => {
      resized.disconnect();
      page.removeEventListener('visibilitychange', look);
    });
  });

  return {
    atEnd: atEnd.asReadonly(),
    seesNewest: seesNewest.asReadonly(),
    toNewest: () => {
      atEnd.set(true);
      look();
      toEnd();
    },
    keepPlace: async (change) => {
      const element = list().nativeElement;
      const below = element.scrollHeight - element.scrollTop;
      holding = true;
      try {
        await change();
      } finally {
        afterNextRender(
          () => {
            element.scrollTop = element.scrollHeight - below;
            holding = false;
          },
          { injector },
        );
      }
    },
    moved: () => {
      const { scrollHeight, scrollTop, clientHeight } = list().nativeElement;
      atEnd.set(scrollHeight - scrollTop - clientHeight < NEAR);
      look();
    },
  };
}
