/** Note: items may have been missed between this document and the previous one. */
export const possibleGapNote = 'possible_gap';

/** Note: the source changed its identity: another title, another site and no known item. */
export const identityChangedNote = 'identity_changed';

/** The identity of a feed, as its document states it. */
export interface FeedIdentity {
  readonly title: string;
  /** Host of its site. */
  readonly site: string;
}
