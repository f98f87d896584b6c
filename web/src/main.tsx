/** Starts the page. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startClock } from './state/clock.ts';
import { begin, startEngine } from './state/engine.ts';
import { listenToKeys } from './state/keys.ts';
import { followHistory } from './state/place.ts';
import { findOut, sessionStore } from './state/session.ts';
import { applySettings } from './state/settings.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/board.css';
import './styles/parts.css';
import './styles/task.css';
import './styles/tables.css';

/** Where nobody answers, it is tried again so often, in milliseconds. */
const againMs = 2_000;

async function enter(): Promise<void> {
  if (await findOut()) return begin();
  if (sessionStore.getSnapshot().context.phase === 'unreachable') setTimeout(() => void enter(), againMs);
}

applySettings();
followHistory();
listenToKeys();
startClock();
startEngine();
void enter();
createRoot(document.getElementById('root')!).render(<App />);
