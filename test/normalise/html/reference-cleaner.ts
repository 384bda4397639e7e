import sanitize from 'sanitize-html';
import {
  allowedElements,
  droppedWithContent,
  renamedElements,
  voidElements,
} from '../../../src/normalise/html/allow-list.ts';
import { type BaseUrls, cleanAttributes } from '../../../src/normalise/html/attributes.ts';
import type { BalancedHtml } from '../../../src/normalise/html/balanced-html-writer.ts';
import { iframesToLinks } from '../../../src/normalise/html/iframes-to-links.ts';
import { withoutControls } from '../../../src/normalise/text/clean-text.ts';
import { balance } from './balance-html.ts';

/** Like `cleanHtml`, implemented with sanitize-html: same allow-list, same attributes. */
export function referenceClean(html: string, bases: BaseUrls, maxBytes: number): BalancedHtml {
  const linked = iframesToLinks(withoutControls(html), bases);
  const clean = sanitize(linked, optionsFor(bases));
  return balance(withoutControls(clean).replace(/[\u202d\u202e]/g, ''), maxBytes);
}

function optionsFor(bases: BaseUrls): sanitize.IOptions {
  return {
    allowedTags: Object.keys(allowedElements),
    allowedAttributes: Object.fromEntries(Object.entries(allowedElements).map(([name, list]) => [name, [...list]])),
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowProtocolRelative: false,
    allowedSchemesAppliedToAttributes: ['href', 'src', 'poster'],
    nonTextTags: [...droppedWithContent],
    selfClosing: [...voidElements],
    nestingLimit: 100,
    disallowedTagsMode: 'discard',
    enforceHtmlBoundary: false,
    transformTags: {
      '*': (name, attributes) => {
        const known = Object.hasOwn(renamedElements, name) ? (renamedElements[name] ?? name) : name;
        const allowed = Object.hasOwn(allowedElements, known) ? (allowedElements[known] ?? []) : [];
        const kept = allowed.length === 0 ? {} : (cleanAttributes(known, attributes, bases) ?? {});
        // In the order of the allow-list. Other attributes come last and are dropped by sanitize-html.
        const ordered = allowed.flatMap((attribute) => (attribute in kept ? [[attribute, kept[attribute]]] : []));
        return { tagName: known, attribs: { ...Object.fromEntries(ordered), ...kept } };
      },
    },
  };
}
