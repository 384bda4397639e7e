const special = /[&<>"]/;

/** Text as it stands between tags. */
export function escapeHtml(text: string): string {
  return special.test(text) ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;
}

/** A value as it stands between the double quotes of an attribute. */
export function escapeAttribute(value: string): string {
  return special.test(value) ? escapeHtml(value).replaceAll('"', '&quot;') : value;
}
