/** The measurements of the dashboard, and their bars. */
import { measureBoard, measureChart, measureLog, measureMany } from './dashboard.ts';
import { megabytes, type Row, short } from './statistics.ts';

export const dashboardMeasurements: Record<string, () => Promise<Row[]>> = {
  async board() {
    const { bytes, usableMs, lateMs, free, moved, asked } = await measureBoard();
    return [
      {
        what: 'first load of the dashboard, compressed',
        measured: `${short(bytes / 1_000)} kB`,
        bar: '≤ 300 kB',
        isMet: bytes <= 300_000,
      },
      {
        what: 'address → board of 1,000 live tasks that can be used, median',
        measured: `${short(usableMs)} ms`,
        bar: '≤ 1 s',
        isMet: usableMs <= 1_000,
      },
      {
        what: 'commit → card changed on the screen at 100 transitions a second, p95',
        measured: `${short(lateMs)} ms, of ${moved} seen (${asked} were ordered of the cards on the screen)`,
        bar: '≤ 100 ms',
        isMet: lateMs <= 100,
      },
      {
        what: 'main thread of the page free meanwhile',
        measured: `${short(free * 100)} %`,
        bar: '≥ 80 %',
        isMet: free >= 0.8,
      },
    ];
  },
  async manyCards() {
    const { cards, elements, longestMs, readMs } = await measureMany();
    return [
      {
        what: `a board of ${short(cards)} tasks scrolled from end to end: the longest frame`,
        measured: `${short(longestMs)} ms, with ${elements} cards in the document; all read after ${short(readMs)} ms`,
        bar: '≤ 50 ms',
        isMet: longestMs <= 50,
      },
    ];
  },
  async chart() {
    const { firstMs, againMs, updateMs, updates } = await measureChart();
    return [
      {
        what: 'chart of the default pipeline, drawn for the first time since the service started',
        measured: `${short(firstMs)} ms; again ${short(againMs)} ms`,
        bar: '≤ 500 ms',
        isMet: firstMs <= 500,
      },
      {
        what: 'main thread for each transition of the task that is shown, whole page, mean',
        measured: `${short(updateMs)} ms over ${updates} transitions`,
        bar: '≤ 16 ms',
        isMet: updateMs <= 16,
      },
    ];
  },
  async logView() {
    const { perSecond, said, longestMs, slowFrames, frames, heapBefore, heapAfter } = await measureLog();
    return [
      {
        what: `log view following ${short(perSecond / 1e6)} MB/s of output: the longest frame`,
        measured: `${short(longestMs)} ms; ${slowFrames} of ${frames} over 50 ms; ${said} had come by then`,
        bar: 'none over 50 ms',
        isMet: slowFrames === 0,
      },
      {
        what: 'heap of the page after 5 s and after 20 s of it',
        measured: `${megabytes(heapBefore)} → ${megabytes(heapAfter)} MB`,
        bar: 'bounded: ≤ 1.5 ×',
        isMet: heapAfter <= heapBefore * 1.5,
      },
    ];
  },
};
