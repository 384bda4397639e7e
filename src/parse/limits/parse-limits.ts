/** Items beyond are left unread: no document has so many that a reader may want. */
export const maxItems = 10_000;

/** Nesting beyond which a document is refused. */
export const maxDepth = 256;

/** A start tag longer than that is refused. A picture in the address of an `img` may be large. */
export const maxTagChars = 2 * 1024 * 1024;

/** A name longer than that is refused. */
export const maxNameChars = 1024;

/** A document with more different names is refused. */
export const maxNames = 10_000;

/** A document with more to mend is refused: what is left of it is not worth its memory. */
export const maxEdits = 1_000_000;

/** A document with more elements, those in markup within text not counted, is refused. */
export const maxElements = 500_000;
