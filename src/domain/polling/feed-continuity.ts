/** The identity of a feed, as its document states it. */
export interface FeedIdentity {
  readonly title: string;
  /** Host of its site. */
  readonly site: string;
}
