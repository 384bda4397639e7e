const special = /[&<>"]/;

/** Escapes text for element content. */
export function escapeHtml(text: string): string {
  return special.test(text) ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;
}

/** Escapes a value for an attribute in double quotes. */
export function escapeAttribute(value: string): string {
  return special.test(value) ? escapeHtml(value).replaceAll('"', '&quot;') : value;
}
