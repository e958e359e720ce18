import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { picture, settled } from './test';

/**
 * A state of a page, in light and dark: nothing for axe to find, and a picture of each. In the dark it looks at the
 * colours alone: the rest is the same page.
 */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    // Its types are those of another version of Playwright's; it uses what both have.
    const axe = new AxeBuilder({ page: page as never });
    if (colorScheme === 'dark') axe.withRules(['color-contrast', 'link-in-text-block']);
    const { violations } = await axe.analyze();
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
