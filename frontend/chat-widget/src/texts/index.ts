import { loadPart } from '../base';
import en from './en';
import type { Texts } from './texts';

export type { Texts } from './texts';

/** Languages that come in a file of their own, read when they are asked for; English is always there. */
export const languages: readonly string[] = ['de', 'ar'];

/** The language of a locale such as `de-AT` that there are texts for. */
export function languageOf(locale: string): string {
  const language = locale.toLowerCase().split(/[-_]/)[0];
  return languages.includes(language) ? language : 'en';
}

/** The texts of a language; English where its file cannot be read. */
export async function loadTexts(language: string): Promise<Texts> {
  if (language === 'en') return en;
  try {
    return (await loadPart<{ default: Texts }>(language)).default;
  } catch {
    return en;
  }
}

export { en };
