import { describe, expect, it } from 'vitest';
import { Listing, Part } from './listing';

describe('Listing', () => {
  it('takes the last of several readings, whichever ends first', async () => {
    const answers: ((part: Part<string>) => void)[] = [];
    const list = new Listing<string>(() => new Promise((done) => answers.push(done)), 2);
    const first = list.load(0);
    const second = list.load(2);
    answers[1]?.({ items: ['c'], count: 3 });
    answers[0]?.({ items: ['a', 'b'], count: 3 });
    await Promise.all([first, second]);
    expect(list.items()).toEqual(['c']);
    expect(list.loading()).toBe(false);
  });

  it('goes back a page when the last of one was deleted', async () => {
    const asked: number[] = [];
    const list = new Listing<number>(async ({ skip }) => {
      asked.push(skip);
      return { items: skip < 4 ? [1, 2] : [], count: 4 };
    }, 2);
    await list.load(4);
    expect(asked).toEqual([4, 2]);
    expect(list.skip()).toBe(2);
  });

  it('keeps what it has where a reading fails, and says why', async () => {
    let fails = false;
    const list = new Listing<number>(async () => {
      if (fails) {
        throw new Error('Gone away');
      }
      return { items: [1], count: 1 };
    });
    await list.load();
    fails = true;
    await list.load();
    expect([list.items(), list.problem()]).toEqual([[1], 'Gone away']);
  });
});
