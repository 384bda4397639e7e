/** The note of a document between which and the one before news may have been missed. */
export const possibleGapNote = 'possible_gap';

/** The note of a source that began to speak as somebody else: another title, another site, nothing known in it. */
export const identityChangedNote = 'identity_changed';

/** Who a source said it was. */
export interface FeedIdentity {
  readonly title: string;
  /** Host of its site. */
  readonly site: string;
}
