import { type DatelineStyle, makeRelativeDateline } from './local-dateline.ts';

/**
 * Shows the age of recent items in lists instead of their date, and keeps it up to date. The date moves to the tooltip.
 * The dateline of an item page does not change.
 */
export function startRelativeTimes(style: DatelineStyle, tickMs: number): void {
  const format = makeRelativeDateline(style);
  const times = [...document.querySelectorAll<HTMLTimeElement>('main :is(.lead, .featured, .item) .meta time')];
  for (const time of times) time.title = time.textContent ?? '';
  const tick = (): void => {
    for (const time of times) {
      const text = format(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, tickMs);
}
