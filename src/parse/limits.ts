/** Items beyond are left unread: no document has so many that a reader may want. */
export const maxItems = 10_000;

/** Nesting beyond which a document is refused. */
export const maxDepth = 256;

/** A start tag longer than that is refused. */
export const maxTagChars = 1024 * 1024;

/** A name longer than that is refused. */
export const maxNameChars = 1024;

/** A document with more different names is refused. */
export const maxNames = 10_000;
