import type { AlertOutcome, IncidentKind } from '../../domain/alerts/alert.ts';
import { integer, integerOrNull, ms, msOrNull, oneOf, oneOfOrNull, rowId, text, textOrNull } from './columns.ts';

/** Problems that alerts reported. */
export const alert_incident = {
  id: rowId,
  kind: oneOf<IncidentKind>(),
  subject: text,
  since_ms: ms,
  ended_ms: msOrNull,
  /** JSON of values of the kind. */
  detail: text,
};

/** Alerts that wait for delivery to a receiver. */
export const alert_delivery = {
  id: rowId,
  receiver: text,
  /** JSON of the alert. */
  alert: text,
  attempts: integer,
  next_attempt_ms: ms,
  expires_ms: ms,
};

/** Receivers of alerts and the result of their last delivery. Rows outlive their declaration. */
export const alert_receiver = {
  id: text,
  last_outcome: oneOfOrNull<AlertOutcome>(),
  last_status: integerOrNull,
  last_detail: textOrNull,
  last_attempt_ms: msOrNull,
  last_success_ms: msOrNull,
  failures: integer,
  delivered: integer,
  dropped: integer,
};
