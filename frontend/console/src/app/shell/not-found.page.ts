import { ChangeDetectionStrategy, Component } from '@angular/core';
import { MatButton } from '@angular/material/button';
import { RouterLink } from '@angular/router';

@Component({
  selector: 'parley-not-found',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatButton, RouterLink],
  host: { class: 'page' },
  template: `
    <div class="page-head">
      <h1>There is no such page</h1>
      <p>The address may be old, or mistyped.</p>
    </div>
    <a matButton="filled" routerLink="/inbox">To the inbox</a>
  `,
})
export class NotFoundPage {}
