import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AlertReceiver } from '../../../src/domain/alerts/alert.ts';
import { type AlertMessage, formatAlert } from '../../../src/push/alerts/alert-formats.ts';
import { alertNoon, anAlert, aReceiver, receiverBase } from './alert-samples.ts';

const at = { nowMs: alertNoon + 5000 };

/** Text of a publisher that would be markup, a mention or a link in one of the chats. */
const hostile = '<!channel> @everyone *b* _i_ `c` ~s~ [x](http://evil.example.com) <b onclick=1>&amp; :wave:';

const receivers: Readonly<Record<string, AlertReceiver>> = {
  ntfy: { ...receiverBase('phone', 'https://ntfy.example.org/my-topic'), type: 'ntfy', token: 'tk_1' },
  slack: { ...receiverBase('slack', 'https://hooks.example.org/services/T/B/x'), type: 'slack' },
  discord: { ...receiverBase('discord', 'https://discord.example.org/api/webhooks/1/x'), type: 'discord' },
  matrix: {
    ...receiverBase('room', 'https://matrix.example.org/_matrix/client/v3/rooms/!r:example.org'),
    type: 'matrix',
    token: 'syt_1',
  },
  email: {
    ...receiverBase('mail', 'smtp://mail.example.org'),
    ...{ type: 'email', from: 'newswire@example.org', to: ['ops@example.org'], login: null },
  },
};

function request(receiver: AlertReceiver, over: Parameters<typeof anAlert>[0] = {}, time = at) {
  const message: AlertMessage = formatAlert(receiver, anAlert(over), time);
  if (message.kind !== 'http') throw new Error(`not a request: ${message.kind}`);
  return { ...message, json: JSON.parse(message.body) };
}

const receiver = (type: string): AlertReceiver => receivers[type] ?? aReceiver();

describe('an alert in JSON', () => {
  it('contains all of the alert and is signed as a webhook is', () => {
    const { url, headers, body, json, method } = request(aReceiver());
    expect([method, url]).toEqual(['POST', 'https://example.org/hooks/alerts']);
    expect(json).toEqual({
      type: 'alert',
      receiver: 'ops',
      kind: 'failing',
      state: 'started',
      title: 'Example World cannot be read',
      reason: 'connect_error: www.example.org refuses connections on port 443',
      remedy: 'Open the address in a browser',
      link: 'https://news.example.org/sources/world',
      since: '2026-01-05T11:15:00.000Z',
      at: '2026-01-05T12:00:00.000Z',
      sourceCount: 1,
      sources: [{ id: 'world', title: 'Example World' }],
    });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', Buffer.alloc(32, 3)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('has the same bytes and id in every attempt', () => {
    const first = request(aReceiver());
    const second = request(aReceiver(), {}, { nowMs: at.nowMs + 60_000 });
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp']);
  });

  it('is not sent with a malformed secret', () => {
    const broken = { ...aReceiver(), secrets: ['hush'] } as AlertReceiver;
    expect(formatAlert(broken, anAlert(), at)).toEqual({
      kind: 'invalid',
      detail: 'its secret does not have the form whsec_…',
    });
  });
});

describe('an alert for ntfy', () => {
  it('is JSON for the root of the server, so that no text becomes a header', () => {
    const { url, headers, json } = request(receiver('ntfy'), { title: hostile });
    expect(url).toBe('https://ntfy.example.org/');
    expect(headers).toEqual({ 'content-type': 'application/json', authorization: 'Bearer tk_1' });
    expect(json).toEqual({
      topic: 'my-topic',
      title: hostile,
      message: [
        'Reason: connect_error: www.example.org refuses connections on port 443',
        'What to do: Open the address in a browser',
        'Since: 2026-01-05T11:15Z (45 min)',
      ].join('\n'),
      priority: 4,
      tags: ['warning'],
      click: 'https://news.example.org/sources/world',
    });
  });
});

describe('an alert for Slack', () => {
  it('has publisher text in plain_text only, and escapes the fallback text', () => {
    const { json } = request(receiver('slack'), { title: hostile, reason: hostile });
    const [header, section, link] = json.blocks;
    expect(header.text).toMatchObject({ type: 'plain_text', text: hostile });
    expect(section.text.type).toBe('plain_text');
    expect(link.text).toEqual({
      type: 'mrkdwn',
      text: '<https://news.example.org/sources/world|Open in Newswire>',
    });
    expect(json.text).toMatch(/^&lt;!channel&gt; @everyone/);
    expect(json.text).not.toMatch(/[<>]/);
  });

  it('keeps the limits of its blocks', () => {
    const { json } = request(receiver('slack'), { title: 'x'.repeat(500), reason: '\u{1f600}'.repeat(2000) });
    expect(json.blocks[0].text.text).toHaveLength(150);
    expect(json.blocks[1].text.text.length).toBeLessThanOrEqual(3000);
    expect(json.blocks[1].text.text.isWellFormed()).toBe(true);
  });
});

describe('an alert for Discord', () => {
  it('escapes Markdown, switches mentions off and keeps the limit with its link', () => {
    const { json } = request(receiver('discord'), { title: hostile, reason: '*'.repeat(3000) });
    expect(json.allowed_mentions).toEqual({ parse: [] });
    const [title, reason] = json.content.split('\n');
    expect(title).toContain('\\<!channel');
    expect(title).toContain('\\@everyone \\*b\\* \\_i\\_ \\`c\\` \\~s\\~ \\[x\\]\\(http\\://evil');
    expect(reason).toMatch(/^Reason\\: (\\\*)+/);
    expect(json.content.length).toBeLessThanOrEqual(2000);
    expect(json.content.endsWith('\n<https://news.example.org/sources/world>')).toBe(true);
  });
});

describe('an alert for Matrix', () => {
  it('escapes HTML, mentions nobody, and is one transaction in all attempts', () => {
    const first = request(receiver('matrix'), { title: hostile });
    expect(first.method).toBe('PUT');
    expect(first.url).toMatch(
      /^https:\/\/matrix\.example\.org\/_matrix\/client\/v3\/rooms\/!r:example\.org\/send\/m\.room\.message\/msg_[\w-]+$/,
    );
    expect(first.headers['authorization']).toBe('Bearer syt_1');
    expect(first.json).toMatchObject({ msgtype: 'm.notice', 'm.mentions': {} });
    expect(first.json.formatted_body).toContain('<strong>&lt;!channel&gt; @everyone *b*');
    expect(first.json.formatted_body).not.toMatch(/<(?!\/?(?:strong|br|a)\b)/);
    expect(request(receiver('matrix'), { title: hostile }, { nowMs: at.nowMs + 60_000 }).url).toBe(first.url);
  });
});

describe('an alert by e-mail', () => {
  it('is plain text with the title as subject', () => {
    expect(formatAlert(receiver('email'), anAlert(), at)).toEqual({
      kind: 'mail',
      subject: '[Newswire] Example World cannot be read',
      text: [
        'Example World cannot be read',
        '',
        'Reason: connect_error: www.example.org refuses connections on port 443',
        'What to do: Open the address in a browser',
        'Since: 2026-01-05T11:15Z (45 min)',
        '',
        'https://news.example.org/sources/world',
        '',
      ].join('\n'),
    });
  });
});

describe('the text of an alert', () => {
  it('names several sources and counts the others', () => {
    const sources = Array.from({ length: 20 }, (_, index) => ({ id: `s${index}`, title: `S ${index}` }));
    const { json } = request(receiver('ntfy'), { sources, sourceCount: 50 });
    expect(json.message).toContain('Sources: s0, s1, s2, ');
    expect(json.message).toContain('s19 and 30 more\n');
  });

  it('states how long a problem lasted when it is over', () => {
    const { json } = request(receiver('ntfy'), { kind: 'recovered', state: 'ended', reason: null, remedy: null });
    expect(json).toMatchObject({ priority: 3, message: 'From: 2026-01-05T11:15Z, for 45 min' });
  });
});
