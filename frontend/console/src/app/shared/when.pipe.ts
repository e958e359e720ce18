import { Pipe, PipeTransform } from '@angular/core';
import { bytes, full, short, time } from './words';

/** A time in words: short, as in lists; time alone; or full. */
@Pipe({ name: 'when' })
export class WhenPipe implements PipeTransform {
  transform(at: Date | string | undefined, form: 'short' | 'time' | 'full' = 'full'): string {
    return at === undefined ? '' : { short, time, full }[form](at);
  }
}

/** A number of bytes in words. */
@Pipe({ name: 'bytes' })
export class BytesPipe implements PipeTransform {
  transform(n: number): string {
    return bytes(n);
  }
}
