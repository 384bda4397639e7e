/** Further items are not read. */
export const maxItems = 10_000;

/** A document with deeper nesting is rejected. */
export const maxDepth = 256;

/** A longer start tag is rejected. The limit leaves room for an image in a `data:` URL. */
export const maxTagChars = 2 * 1024 * 1024;

/** A longer element name is rejected. */
export const maxNameChars = 1024;

/** A document with more distinct names is rejected. */
export const maxNames = 10_000;

/** A document that needs more repairs is rejected, to bound memory. */
export const maxEdits = 1_000_000;

/** A document with more elements is rejected. Elements in markup within text do not count. */
export const maxElements = 500_000;
