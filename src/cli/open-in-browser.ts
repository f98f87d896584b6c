/** Opens an address in the browser of whoever sits here. */
import { messageOf } from '../domain/errors.ts';

/** Where there is no browser, that is said and nothing else happens. */
export async function openInBrowser(url: string, warn: (text: string) => void): Promise<void> {
  try {
    const { default: open } = await import('open');
    const started = await open(url);
    started.once('error', error => warn(`no browser could be opened: ${messageOf(error)}; open ${url} in one`));
  } catch (error) {
    warn(`no browser could be opened: ${messageOf(error)}; open ${url} in one`);
  }
}
