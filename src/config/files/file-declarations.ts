import type { SiteFields } from '../schema/site-schema.ts';
import type { SourceFields } from '../schema/source-schema.ts';
import type { WebhookFields } from '../schema/webhook-schema.ts';
import type { MaskedText } from './references.ts';

/** The declarations of one file, validated alone. Rules across files are checked when the files are combined. */
export interface FileDeclarations {
  readonly site: { readonly fields: SiteFields; readonly where: string } | null;
  readonly sections: readonly string[];
  readonly sources: readonly SourceEntry[];
  readonly webhooks: readonly WebhookEntry[];
}

/** A declared source and its position. */
export interface SourceEntry {
  readonly fields: SourceFields;
  /** The URL as written in the file, with `${NAME}` unresolved, for messages. */
  readonly rawUrl: string;
  /** The URL with environment values masked. */
  readonly urlReferences: MaskedText;
  /** Position of the entry, such as `sources.yaml:12`. */
  readonly where: string;
  positionOf(key: string): string;
}

/** A declared webhook and its position. */
export interface WebhookEntry {
  readonly fields: WebhookFields;
  /** The URL as written in the file, with `${NAME}` unresolved. */
  readonly rawUrl: string;
  /** The URL with environment values masked. */
  readonly urlReferences: MaskedText;
  /** Position of the entry, such as `sources.yaml:12`. */
  readonly where: string;
}

/** The declarations of an empty file. */
export const noDeclarations: FileDeclarations = { site: null, sections: [], sources: [], webhooks: [] };
