import { Injectable, inject, signal } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

/** The server's master key, where it has one: asked for when it is wanted, kept in memory alone. */
@Injectable({ providedIn: 'root' })
export class MasterKey {
  private readonly dialog = inject(MatDialog);
  readonly value = signal('');
  private asking?: Promise<boolean>;

  /** Asks for the key, once for all calls that want it. False if it was not given; `tried` was refused. */
  ask(tried: string): Promise<boolean> {
    if (this.value() !== tried) {
      return Promise.resolve(true); // it was given meanwhile
    }
    this.asking ??= this.open(tried !== '').finally(() => (this.asking = undefined));
    return this.asking;
  }

  forget(): void {
    this.value.set('');
  }

  private async open(refused: boolean): Promise<boolean> {
    const { MasterKeyDialog } = await import('./master-key.dialog');
    const key = await firstValueFrom(
      this.dialog
        .open<unknown, { refused: boolean }, string>(MasterKeyDialog, { data: { refused }, width: '420px' })
        .afterClosed(),
    );
    this.value.set(key ?? '');
    return !!key;
  }
}
