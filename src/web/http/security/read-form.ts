import type { Context } from 'hono';
import { RequestError } from '../../shared/request-error.ts';

/** The values of a form field, in their order; none when the form does not have the field. */
export type FormFields = (name: string) => readonly string[];

/**
 * Reads a URL-encoded form, the encoding that our pages use. It cannot contain files.
 *
 * @throws RequestError 415 for any other media type.
 */
export async function readForm(c: Context): Promise<FormFields> {
  if (!/^application\/x-www-form-urlencoded(?:$|[;\s])/i.test(c.req.header('content-type') ?? '')) {
    throw new RequestError({
      status: 415,
      code: 'bad_type',
      message: 'The request has the wrong Content-Type. Send a form as application/x-www-form-urlencoded.',
    });
  }
  const fields = new URLSearchParams(await c.req.text());
  return (name) => fields.getAll(name);
}
