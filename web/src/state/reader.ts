/** Reading that is kept up, without anything else. */
export interface Reader {
  again(): void;
}

/**
 * Reads one time after another. What comes while it reads has it read once more and breaks off nothing: however much happens,
 * and however long an answer takes, there is one.
 */
export function createReader(read: () => Promise<void>): Reader {
  let isReading = false;
  let isStale = false;
  async function run(): Promise<void> {
    isReading = true;
    while (isStale) {
      isStale = false;
      await read();
    }
    isReading = false;
  }
  return {
    again() {
      isStale = true;
      if (!isReading) void run();
    },
  };
}
