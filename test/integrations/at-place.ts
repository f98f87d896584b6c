/** Runs the same behaviour against every place, be it a fake or a server. */
import { afterAll, beforeAll, describe } from 'vitest';

export interface AtPlaceOptions<P> {
  skip?: boolean;
  /** What only this one is held to. */
  also?: ((place: () => P) => void) | undefined;
}

/** Opens the place before its tests and closes it after them; `behave` names the tests, which find it by its argument. */
export function atPlace<P extends { close(): Promise<void> }>(
  name: string,
  open: () => Promise<P>,
  behave: (place: () => P) => void,
  { skip = false, also }: AtPlaceOptions<P> = {},
): void {
  describe.skipIf(skip)(name, () => {
    let opened: P | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());
    const place = () => opened!;
    behave(place);
    also?.(place);
  });
}
