import type { SiteFields, SourceFields } from '../schema/source-schema.ts';
import type { WebhookFields } from '../schema/webhook-schema.ts';
import type { MaskedText } from './references.ts';

/** What one file says, checked by itself; what holds between files is judged when the parts are put together. */
export interface FileDeclarations {
  readonly site: { readonly fields: SiteFields; readonly where: string } | null;
  readonly sections: readonly string[];
  readonly sources: readonly SourceEntry[];
  readonly webhooks: readonly WebhookEntry[];
}

/** One declared source and where its words stand. */
export interface SourceEntry {
  readonly fields: SourceFields;
  /** The address as it stands in the file, before `${NAME}` was resolved: for messages. */
  readonly writtenUrl: string;
  /** What of the address came out of the environment. */
  readonly urlReferences: MaskedText;
  /** `sources.yaml:12`, of the entry. */
  readonly where: string;
  /** The same, of one of its keys. */
  positionOf(key: string): string;
}

/** One declared webhook. */
export interface WebhookEntry {
  readonly fields: WebhookFields;
  /** The address as it stands in the file, before `${NAME}` was resolved. */
  readonly writtenUrl: string;
  /** What of the address came out of the environment. */
  readonly urlReferences: MaskedText;
  /** `sources.yaml:12`, of the entry. */
  readonly where: string;
}

/** A file that says nothing. */
export const noDeclarations: FileDeclarations = { site: null, sections: [], sources: [], webhooks: [] };
