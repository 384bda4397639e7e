import { cleanLine } from './clean-line.ts';

const levels: Readonly<Record<number, { readonly name: string; readonly colour: number }>> = {
  10: { name: 'TRACE', colour: 90 },
  20: { name: 'DEBUG', colour: 90 },
  30: { name: 'INFO', colour: 32 },
  40: { name: 'WARN', colour: 33 },
  50: { name: 'ERROR', colour: 31 },
  60: { name: 'FATAL', colour: 31 },
};
const unknownLevel = { name: 'LOG', colour: 90 };
const maxValueChars = 1000;
const maxStackLines = 30;
/** Below the message, behind time and level. */
const indent = ' '.repeat(15);

/**
 * A log line as text for people: time of day, level, message and fields; the remedy, and the stack of an error, on lines
 * of their own. Control characters are removed from every part, since fields may contain text of feeds.
 *
 * @param json one line of the JSON log.
 */
export function formatLogLine(json: string, { isColoured }: { readonly isColoured: boolean }): string {
  const { level, time, msg, err, remedy, ...facts } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const { name, colour } = levels[Number(level)] ?? unknownLevel;
  const paint = (text: string, code: number): string => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const fields = Object.entries(facts).map(([key, value]) => `${cleanLine(key)}=${formatValue(value)}`);
  const head = [paint(timeOfDay(time), 90), paint(name.padEnd(5), colour), cleanLine(String(msg ?? ''), maxValueChars)];
  const below = [...remedyLines(remedy), ...errorLines(err)].map((line) => `${indent}${line}\n`);
  return `${[...head, ...fields.map((field) => paint(field, 90))].join(' ')}\n${below.join('')}`;
}

/** Local time, as the clock on the operator's wall. */
function timeOfDay(time: unknown): string {
  const date = new Date(String(time));
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8);
}

function formatValue(value: unknown): string {
  const isPlain = typeof value === 'string' && /^[^\s"={}[\]]+$/.test(value);
  return cleanLine(isPlain ? value : JSON.stringify(value), maxValueChars);
}

function remedyLines(remedy: unknown): string[] {
  if (remedy === undefined) return [];
  const text = cleanLine(typeof remedy === 'string' ? remedy : JSON.stringify(remedy), maxValueChars);
  return [/[.!?]$/.test(text) ? text : `${text}.`];
}

/** The stack, which begins with the message. */
function errorLines(err: unknown): string[] {
  if (typeof err !== 'object' || err === null) return err === undefined ? [] : [formatValue(err)];
  const { stack, message } = err as { readonly stack?: unknown; readonly message?: unknown };
  return String(stack ?? message ?? JSON.stringify(err))
    .split('\n')
    .slice(0, maxStackLines)
    .map((line) => (/^\s/.test(line) ? '  ' : '') + cleanLine(line, maxValueChars));
}
