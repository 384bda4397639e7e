import type { AlertFields } from '../schema/alert-schema.ts';
import type { ListFields } from '../schema/list-schema.ts';
import type { SiteFields } from '../schema/site-schema.ts';
import type { SourceFields } from '../schema/source-schema.ts';
import type { WebhookFields } from '../schema/webhook-schema.ts';
import type { MaskedText } from './references.ts';

/** The declarations of one file, validated alone. Rules across files are checked when the files are combined. */
export interface FileDeclarations {
  readonly site: { readonly fields: SiteFields; readonly where: string } | null;
  readonly sections: readonly string[];
  readonly sources: readonly SourceEntry[];
  readonly lists: readonly ListEntry[];
  readonly webhooks: readonly WebhookEntry[];
  readonly alerts: readonly AlertEntry[];
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
  /** Whether it is an outline of OPML, which other programs write: a fault of it is a warning. */
  readonly isOutline: boolean;
}

/** A declared remote list and its position. */
export interface ListEntry {
  readonly fields: ListFields;
  /** The URL as written in the file, with `${NAME}` unresolved. */
  readonly rawUrl: string;
  /** The URL with environment values masked. */
  readonly urlReferences: MaskedText;
  /** Position of the entry, such as `sources.yaml:12`. */
  readonly where: string;
}

/** A declared webhook and its position. */
export interface WebhookEntry extends ReceiverEntry {
  readonly fields: WebhookFields;
}

/** What webhooks and receivers of alerts have in common. */
interface ReceiverEntry {
  /** The URL as written in the file, with `${NAME}` unresolved. */
  readonly rawUrl: string;
  /** The URL with environment values masked. */
  readonly urlReferences: MaskedText;
  /** Position of the entry, such as `sources.yaml:12`. */
  readonly where: string;
}

/** A declared receiver of alerts and its position. */
export interface AlertEntry extends ReceiverEntry {
  readonly fields: AlertFields;
  /** Position of one of its keys. */
  positionOf(key: string): string;
}

/** The declarations of an empty file. */
export const noDeclarations: FileDeclarations = {
  site: null,
  sections: [],
  sources: [],
  lists: [],
  webhooks: [],
  alerts: [],
};
