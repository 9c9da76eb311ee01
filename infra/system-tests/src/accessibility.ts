import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** What keeps people with assistive technology from using the page as it stands now, with the elements concerned. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // The builder's type is of the full package; the page of the core package is the same object.
  const { violations } = await new AxeBuilder({ page: page as never }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
}
