import type { Alert, AlertReceiver } from '../../domain/alerts/alert.ts';
import { assertNever } from '../../domain/assert-never.ts';
import { deliveryId, signatureHeaders } from '../webhooks/webhook-batch.ts';
import { alertLines, cutText } from './alert-text.ts';

/** What is sent to a receiver. */
export type AlertMessage =
  | {
      readonly kind: 'http';
      readonly method: 'POST' | 'PUT';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'mail'; readonly subject: string; readonly text: string }
  /** The declaration does not allow a message. `detail` is one line. */
  | { readonly kind: 'invalid'; readonly detail: string };

/** The time of an attempt. */
export interface AttemptTime {
  readonly nowMs: number;
}

/** Limits of the receivers in UTF-16 units: Slack's header and section, Discord's content. */
const maxSlackHeader = 150;
const maxSlackSection = 3000;
const maxDiscordContent = 2000;
/** Suppresses the preview of the link. */
const discordSuppressEmbeds = 4;
const jsonType = { 'content-type': 'application/json' };

/**
 * Formats an alert for a receiver. Every text of the alert may come from a publisher: each format escapes it, so that it
 * cannot become markup, a mention, a header or another recipient. Repeated attempts have the same body.
 */
export function formatAlert(receiver: AlertReceiver, alert: Alert, at: AttemptTime): AlertMessage {
  switch (receiver.type) {
    case 'json':
      return formatJson(receiver, alert, at);
    case 'ntfy':
      return formatNtfy(receiver, alert);
    case 'slack':
      return formatSlack(receiver.url, alert);
    case 'discord':
      return formatDiscord(receiver.url, alert);
    case 'matrix':
      return formatMatrix(receiver, alert);
    case 'email':
      return {
        kind: 'mail',
        subject: `[Newswire] ${alert.title}`,
        text: `${[alert.title, '', ...alertLines(alert), '', alert.link].join('\n')}\n`,
      };
    default:
      return assertNever(receiver);
  }
}

function formatJson(
  receiver: Extract<AlertReceiver, { type: 'json' }>,
  alert: Alert,
  { nowMs }: AttemptTime,
): AlertMessage {
  const { kind, state, title, reason, remedy, link, sourceCount, sources } = alert;
  const since = new Date(alert.sinceMs).toISOString();
  const at = new Date(alert.atMs).toISOString();
  const body = JSON.stringify({
    type: 'alert',
    receiver: receiver.id,
    ...{ kind, state, title, reason, remedy, link, since, at, sourceCount, sources },
  });
  const signed = { id: deliveryId(receiver.id, body), timestampS: Math.floor(nowMs / 1000), body };
  const signature = signatureHeaders(receiver.secrets, signed);
  if (signature === null) return { kind: 'invalid', detail: 'its secret does not have the form whsec_…' };
  return { kind: 'http', method: 'POST', url: receiver.url, headers: { ...jsonType, ...signature }, body };
}

/** ntfy's JSON form, which is sent to the root: texts in headers would have to be encoded. */
function formatNtfy({ url, token }: Extract<AlertReceiver, { type: 'ntfy' }>, alert: Alert): AlertMessage {
  const { origin, pathname } = new URL(url);
  const body = JSON.stringify({
    topic: pathname.slice(1),
    title: alert.title,
    message: alertLines(alert).join('\n'),
    priority: alert.state === 'started' ? 4 : 3,
    tags: [alert.state === 'started' ? 'warning' : 'white_check_mark'],
    click: alert.link,
  });
  return { kind: 'http', method: 'POST', url: `${origin}/`, headers: { ...jsonType, ...bearer(token) }, body };
}

/** Texts are `plain_text`, in which Slack finds no markup; the fallback text is escaped as its documentation requires. */
function formatSlack(url: string, alert: Alert): AlertMessage {
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const body = JSON.stringify({
    text: cutText(escapeMarkup(alert.title), maxSlackSection),
    blocks: [
      { type: 'header', text: plain(cutText(alert.title, maxSlackHeader)) },
      { type: 'section', text: plain(cutText(alertLines(alert).join('\n'), maxSlackSection)) },
      { type: 'section', text: { type: 'mrkdwn', text: `<${escapeMarkup(alert.link)}|Open in Newswire>` } },
    ],
    ...{ mrkdwn: false, unfurl_links: false, unfurl_media: false },
  });
  return { kind: 'http', method: 'POST', url, headers: jsonType, body };
}

/** Markdown is escaped and mentions are switched off. */
function formatDiscord(url: string, alert: Alert): AlertMessage {
  const link = `<${alert.link}>`;
  const text = [`**${escapeMarkdown(alert.title)}**`, ...alertLines(alert).map(escapeMarkdown)].join('\n');
  const body = JSON.stringify({
    content: `${cutText(text, maxDiscordContent - link.length - 1)}\n${link}`,
    allowed_mentions: { parse: [] },
    flags: discordSuppressEmbeds,
  });
  return { kind: 'http', method: 'POST', url, headers: jsonType, body };
}

/** The transaction id makes a repeated attempt one message (client-server API, section 2.5). */
function formatMatrix(receiver: Extract<AlertReceiver, { type: 'matrix' }>, alert: Alert): AlertMessage {
  const { url, id, token } = receiver;
  const lines = alertLines(alert);
  const html = [`<strong>${escapeHtml(alert.title)}</strong>`, ...lines.map(escapeHtml), matrixLink(alert.link)];
  const body = JSON.stringify({
    msgtype: 'm.notice',
    body: [alert.title, ...lines, alert.link].join('\n'),
    format: 'org.matrix.custom.html',
    formatted_body: html.join('<br>'),
    'm.mentions': {},
  });
  const transaction = deliveryId(id, `${alert.atMs} ${body}`);
  const target = `${url}/send/m.room.message/${encodeURIComponent(transaction)}`;
  return { kind: 'http', method: 'PUT', url: target, headers: { ...jsonType, ...bearer(token) }, body };
}

function matrixLink(link: string): string {
  return `<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`;
}

function bearer(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeHtml(text: string): string {
  return escapeMarkup(text).replaceAll('"', '&quot;');
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|<>[\]()#@:-]/g, '\\$&');
}
