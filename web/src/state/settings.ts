/** What somebody has chosen for this browser: language and theme. */
import { createStore } from '@xstate/store';

export type Language = 'en' | 'ru';
export type Theme = 'system' | 'light' | 'dark';

const key = 'signalbox.settings';

function kept(): { language?: Language; theme?: Theme } {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch {
    return {};
  }
}

const spoken: Language = navigator.language.startsWith('ru') ? 'ru' : 'en';

export const settingsStore = createStore({
  context: { language: spoken, theme: 'system' as Theme, ...kept() },
  on: {
    spoke: (state, { language }: { language: Language }) => ({ ...state, language }),
    lit: (state, { theme }: { theme: Theme }) => ({ ...state, theme }),
  },
});

/** Shows them in the document, now and whenever they change. */
export function applySettings(): void {
  const apply = () => {
    const { language, theme } = settingsStore.getSnapshot().context;
    document.documentElement.lang = language;
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(key, JSON.stringify({ language, theme }));
  };
  settingsStore.subscribe(apply);
  apply();
}
