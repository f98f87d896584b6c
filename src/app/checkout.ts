/** Where a directory lies: whether a checkout of git is around it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The innermost checkout in which a directory lies, itself included; undefined outside of any. Git is not asked. */
export function checkoutAround(directory: string): string | undefined {
  if (existsSync(join(directory, '.git'))) return directory;
  const above = dirname(directory);
  return above === directory ? undefined : checkoutAround(above);
}
