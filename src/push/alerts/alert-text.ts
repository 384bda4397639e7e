import type { Alert } from '../../domain/alerts/alert.ts';
import { formatDuration } from '../../domain/durations.ts';

/** The lines below the title of an alert, in plain text: reason, remedy, sources, time. The link is not included. */
export function alertLines(alert: Alert): readonly string[] {
  const { state, reason, remedy, sinceMs, atMs } = alert;
  const since = new Date(sinceMs).toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z');
  const lasted = formatDuration(Math.max(0, atMs - sinceMs));
  return [
    ...(reason === null ? [] : [`Reason: ${reason}`]),
    ...(remedy === null ? [] : [`What to do: ${remedy}`]),
    ...sourceLines(alert),
    state === 'started' ? `Since: ${since} (${lasted})` : `From: ${since}, for ${lasted}`,
  ];
}

function sourceLines({ sources, sourceCount }: Alert): string[] {
  if (sourceCount < 2) return [];
  const names = sources.map(({ id }) => id).join(', ');
  const rest = sourceCount - sources.length;
  return [`Sources: ${names}${rest > 0 ? ` and ${rest} more` : ''}`];
}

/** Cuts a text to a number of UTF-16 units, without splitting a character. "…" marks the cut. */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  return `${text.slice(0, maxUnits - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
