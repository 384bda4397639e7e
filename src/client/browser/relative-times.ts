import { type DatelineStyle, makeRelativeDateline } from './local-dateline.ts';

/**
 * Tells the times of items in lists that came in lately by their age, and lets them grow older; the date is a hover
 * away. The dateline of an item's own page stays as it is written.
 */
export function startRelativeTimes(style: DatelineStyle, tickMs: number): void {
  const write = makeRelativeDateline(style);
  const times = [...document.querySelectorAll<HTMLTimeElement>('main :is(.lead, .second, .item) .meta time')];
  for (const time of times) time.title = time.textContent ?? '';
  const tick = (): void => {
    for (const time of times) {
      const text = write(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, tickMs);
}
