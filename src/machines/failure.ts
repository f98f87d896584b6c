/** In words why an actor that was asked to do something could not. */
export const failureIn = (event: unknown): string =>
  (event as { error?: { message?: string } }).error?.message ?? 'no reason given';
