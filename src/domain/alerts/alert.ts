import type { HiddenParts } from '../masking.ts';

/** The kinds of alerts that a receiver can choose. */
export const alertKinds = ['failing', 'recovered', 'silent', 'config', 'disk', 'webhook'] as const;

/** See `alertKinds`. */
export type AlertKind = (typeof alertKinds)[number];

/** The formats in which alerts are sent. */
export const alertTypes = ['json', 'ntfy', 'slack', 'discord', 'matrix', 'email'] as const;

/** See `alertTypes`. */
export type AlertType = (typeof alertTypes)[number];

/** What the format of a receiver needs in addition to the address. Secrets are never logged or shown. */
type AlertTarget =
  /** Secrets as those of webhooks: each one signs. */
  | { readonly type: 'json'; readonly secrets: readonly string[] }
  /** The address is that of the topic. Token: null for a topic that everybody may write to. */
  | { readonly type: 'ntfy'; readonly token: string | null }
  | { readonly type: 'slack' | 'discord' }
  /** The address is that of the room in the client-server API. */
  | { readonly type: 'matrix'; readonly token: string }
  /** The address is that of the mail server. */
  | ({ readonly type: 'email' } & MailSettings);

/** How mails are sent. */
interface MailSettings {
  readonly from: string;
  readonly to: readonly string[];
  /** Null: the server is used without a login. */
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** A declared receiver of alerts. */
export type AlertReceiver = AlertTarget & {
  /** Slug, unique over all files. Identifies the delivery state. */
  readonly id: string;
  /** Absolute `http:`, `https:`, `smtp:` or `smtps:` URL. Display it only through `displayUrl`. */
  readonly url: string;
  /** Null: the whole address may be shown. */
  readonly hidden: HiddenParts | null;
  readonly on: readonly AlertKind[];
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
};

/** A source that an alert names. Its title may come from the publisher: untrusted text on one line. */
export interface AlertSource {
  readonly id: string;
  readonly title: string;
}

/** The maximum number of sources that an alert names. */
export const maxAlertSources = 20;

/** The maximum length of an alert's title, reason and remedy, in code points. */
export const maxAlertText = 500;

/** A message to the operator. Every text is one line without control characters, but may contain any markup. */
export interface Alert {
  readonly kind: AlertKind | 'test';
  /** Whether the problem began or is over. */
  readonly state: 'started' | 'ended';
  readonly title: string;
  readonly reason: string | null;
  readonly remedy: string | null;
  /** The page of this server that shows the state, an absolute URL. */
  readonly link: string;
  /** When the problem began, epoch milliseconds. */
  readonly sinceMs: number;
  /** When this alert was raised. */
  readonly atMs: number;
  /** The sources concerned, at most `maxAlertSources` of them. */
  readonly sources: readonly AlertSource[];
  readonly sourceCount: number;
}

/** Outcome of an attempt to send an alert. */
export type AlertOutcome =
  /** The receiver accepted the alert. */
  | 'delivered'
  /** It did not, and another attempt follows. */
  | 'failed'
  /** It did not for hours, and the alert was dropped. */
  | 'expired';

/** The delivery state of a receiver. */
export interface AlertReceiverState {
  readonly id: string;
  readonly lastOutcome: AlertOutcome | null;
  readonly lastStatus: number | null;
  /** One line without control characters or secrets. */
  readonly lastDetail: string | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** Consecutive failed attempts. */
  readonly failures: number;
  /** Alerts accepted, and alerts dropped. */
  readonly delivered: number;
  readonly dropped: number;
  /** Alerts that wait for delivery. */
  readonly pending: number;
}

/** What a stored problem is about. Storage faults are not stored: while they last, nothing can be. */
export type IncidentKind = Exclude<AlertKind, 'recovered' | 'disk'>;

/** A problem that an alert reported. It is stored, so that a restart does not report it again. */
export interface Incident {
  readonly id: number;
  readonly kind: IncidentKind;
  /** The id of the source or webhook, the host of failing sources, or a fixed name. */
  readonly subject: string;
  readonly sinceMs: number;
  /** Null: the problem persists. */
  readonly endedMs: number | null;
  /** Values of the kind, stored as JSON. */
  readonly detail: unknown;
}
