import { Injectable, effect, signal } from '@angular/core';

export type Look = 'auto' | 'light' | 'dark';

const place = 'parley-console-theme';

/** Light, dark, or as the system has it; remembered in the browser. */
@Injectable({ providedIn: 'root' })
export class Theme {
  readonly look = signal<Look>(remembered());

  constructor() {
    effect(() => {
      const look = this.look();
      localStorage.setItem(place, look);
      if (look === 'auto') {
        document.documentElement.removeAttribute('data-theme');
      } else {
        document.documentElement.dataset['theme'] = look;
      }
    });
  }
}

function remembered(): Look {
  const look = localStorage.getItem(place);
  return look === 'light' || look === 'dark' ? look : 'auto';
}
