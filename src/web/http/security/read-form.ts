import type { Context } from 'hono';
import { RequestError } from '../../shared/request-error.ts';

/** Values of a form by name: in their order, none when the form has no such field. */
export type FormFields = (name: string) => readonly string[];

/**
 * Reads a form as our own pages send it. What it says is text and nothing else: no files, no names that mean more.
 *
 * @throws RequestError 415 for a body of another kind.
 */
export async function readForm(c: Context): Promise<FormFields> {
  if (!/^application\/x-www-form-urlencoded(?:$|[;\s])/i.test(c.req.header('content-type') ?? '')) {
    throw new RequestError({ status: 415, code: 'bad_type', message: 'This address takes a form of this site only.' });
  }
  const fields = new URLSearchParams(await c.req.text());
  return (name) => fields.getAll(name);
}
