import { nearestWord } from '../problems/did-you-mean.ts';
import { type Environment, environmentVariables } from './environment.ts';

/** A variable that is set and has no meaning, but whose name is almost that of one of ours. */
export interface MisspeltVariable {
  readonly name: string;
  readonly meant: string;
}

/** More distant names belong to other programs: `DATABASE_USER` is not a misspelt `DATABASE_URL`. */
const maxEdits = { short: 1, long: 2 };
const longChars = 8;
/** An environment may contain anything; a few examples are enough. */
const maxReported = 10;

/** Finds variables that the operator probably meant for Newswire. Other names are not reported. */
export function findMisspeltVariables(env: Environment): readonly MisspeltVariable[] {
  const known = environmentVariables.map(({ name }) => name);
  const longest = Math.max(...known.map(({ length }) => length)) + maxEdits.long;
  return Object.keys(env)
    .filter((name) => name.length <= longest && !known.includes(name) && (env[name]?.trim() ?? '') !== '')
    .flatMap((name) => {
      const edits = name.length < longChars ? maxEdits.short : maxEdits.long;
      const meant = nearestWord(name, known, edits);
      // A correctly spelt variable shows that the operator knows the name.
      return meant === null || (env[meant] ?? '') !== '' ? [] : [{ name, meant }];
    })
    .slice(0, maxReported);
}
