import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { picture, settled } from './test';

/** A state of a page, in light and dark: nothing for axe to find, by all of its rules, and a picture of each. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) =>
          `${id}: ${JSON.stringify(target)} ${failureSummary?.split('\n')[1]?.trim() ?? ''}`,
      ),
    );
    await picture(page, `${state}-${colorScheme}`);
    expect.soft(found, `${state}, ${colorScheme}`).toEqual([]);
  }
}
