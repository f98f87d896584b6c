/** The texts of the language that somebody has chosen. */
import { useSelector } from '@xstate/store-react';
import { type Language, settingsStore } from '../state/settings.ts';
import { en, type Texts } from './en.ts';
import { ru } from './ru.ts';

const texts: Record<Language, Texts> = { en, ru };

export const useLanguage = (): Language => useSelector(settingsStore, ({ context }) => context.language);
export const useTexts = (): Texts => texts[useLanguage()];
export const languages = Object.entries(texts).map(([code, { language }]) => [code as Language, language] as const);
