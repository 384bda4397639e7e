import * as z from 'zod';
import { alertKinds, alertTypes } from '../../domain/alerts/alert.ts';
import { setting } from './setting-help.ts';
import { declaredId, line, text } from './setting-values.ts';
import { secrets } from './webhook-schema.ts';

const maxUrlChars = 2048;
const maxTokenChars = 500;
const maxRecipients = 20;

const url = text
  .max(maxUrlChars, { error: `is longer than ${maxUrlChars} characters`, abort: true })
  .refine((value) => URL.canParse(value) && new URL(value).host !== '', {
    error: 'is not an absolute URL',
    abort: true,
  })
  .transform((value) => new URL(value).href);

const mailAddress = line(254).refine((value) => /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+$/.test(value), {
  error: 'is not a mail address',
});

/** One address or a list; a list in either case. */
const recipients = z.union([mailAddress.transform((one) => [one]), z.array(mailAddress).min(1).max(maxRecipients)]);

/** Visible ASCII without spaces: the value of a header. */
const token = line(maxTokenChars).refine((value) => /^[\x21-\x7e]+$/.test(value), {
  error: 'contains a space or a character that is not ASCII',
});

/** The settings of an alert receiver in YAML. Which of them belong to which type is checked by `toAlerts`. */
export const alertSchema = setting(
  z.strictObject({
    url: setting(url, {
      meaning: 'where alerts are sent; see [ALERTS.md](ALERTS.md) for each type',
      default: null,
      remedy: 'Write the complete URL of the receiver, such as https://example.org/hooks/alerts',
    }),
    type: setting(z.enum(alertTypes).nullish(), {
      meaning: '`json`, `ntfy`, `slack`, `discord`, `matrix` or `email`',
      default: '`json`',
      remedy: `Write ${alertTypes.slice(0, -1).join(', ')} or ${alertTypes.at(-1)}`,
    }),
    id: setting(declaredId.nullish(), {
      meaning: 'name in commands, and key of the delivery state',
      default: 'derived from type and host',
      remedy: 'Write an id such as on-call, or remove the setting',
    }),
    on: setting(z.array(z.enum(alertKinds)).min(1).nullish(), {
      meaning: 'which alerts are sent: a list of `failing`, `recovered`, `silent`, `config`, `disk` and `webhook`',
      default: 'all',
      remedy: `Write a list of ${alertKinds.join(', ')}, or remove the setting for all`,
    }),
    secret: setting(secrets.optional(), {
      meaning: 'of `json`, required: signing secret, or a list of up to 4 during a rotation',
      default: 'none',
      remedy:
        'Create one with: echo "whsec_$(openssl rand -base64 32)"; store it in the environment and write "$' +
        '{ALERT_SECRET}"',
    }),
    token: setting(token.nullish(), {
      meaning: 'of `ntfy` and `matrix`: access token; required for `matrix`',
      default: 'none',
      remedy: 'Store the access token in the environment and write "$' + '{ALERT_TOKEN}"',
    }),
    from: setting(mailAddress.nullish(), {
      meaning: 'of `email`, required: sender',
      default: 'none',
      remedy: 'Write an address such as newswire@example.org',
    }),
    to: setting(recipients.nullish(), {
      meaning: 'of `email`, required: a recipient, or a list of up to 20',
      default: 'none',
      remedy: 'Write an address such as ops@example.org, or a list of addresses',
    }),
    user: setting(line(maxTokenChars).nullish(), {
      meaning: 'of `email`: user name of the mail server',
      default: 'none',
      remedy: 'Write the user name of the mail server, or remove user and password',
    }),
    password: setting(text.max(maxTokenChars).nullish(), {
      meaning: 'of `email`: password of the mail server',
      default: 'none',
      remedy: 'Store the password in the environment and write "$' + '{MAIL_PASSWORD}"',
    }),
  }),
  { meaning: null, default: null, remedy: 'Start every receiver of alerts with "- url: https://…"' },
);

/** The settings of an alert receiver as written; an absent one is undefined or null. */
export type AlertFields = z.infer<typeof alertSchema>;
