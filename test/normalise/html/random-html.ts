import fc from 'fast-check';
import { allowedElements, droppedWithContent, renamedElements } from '../../../src/normalise/html/allow-list.ts';

/** Elements of every kind that the sanitiser or a parser treats specially, the difficult ones more often. */
const names = fc.constantFrom(
  ...Object.keys(allowedElements),
  ...Object.keys(renamedElements),
  ...droppedWithContent,
  ...'form button input fieldset body html head meta link base map track math mi mtext foreignObject desc x-y font image'.split(
    ' ',
  ),
  ...'noscript noscript noscript iframe iframe svg p p a a li li td table div div'.split(' '),
);

const attributes = fc.constantFrom(
  '',
  '',
  '',
  '/',
  ' class=x id=y onclick=z __proto__=p constructor=q',
  ' href=javascript:alert(1)',
  ' href="https://example.org/?utm_source=x&amp;a=b#c"',
  ' href="mailto:a@example.org?subject=<!--x-->"',
  ' href="&#x202e;/a\u202eb"',
  ' src=/x.png onerror=alert(1)',
  ' src="HTTP://u:p@H.example/ a,"',
  " src='x",
  ' src=a.png srcset="a 0x, b 010w, c 1.50x,d 0w, javascript:e 2x, f"',
  ' src=/p poster=q width=9 height="30px" style="color:red"',
  ' dir=rtl lang=en-GB',
  ' title="<b>&quot;&#x202e;&#1;" alt',
  ' colspan=3 rowspan=2 scope=col start=3 reversed value=7 span=2',
  ' datetime="2026-01-01" type=video/mp4',
);

const scraps = fc.constantFrom(
  ...[
    'text',
    ' ',
    '\n',
    'é',
    '😀',
    '<',
    '>',
    '"',
    "'",
    '</',
    '<!',
    '<!doctype html>',
    '<?x',
    '&lt;',
    '&amp;lt;',
    '&am',
    'p;',
  ],
  ...['<!--', '-->', '--!>', '<![CDATA[', ']]>', '</noscript', '</noscript >', '&nbsp;', '&notin;', '&copy'],
  ...['\u202e', '&#x202e;', '&#0;', '&#x81;', '&#xd800;', '\u0000', '\u0085', '\ud800'],
);

/** Random malformed markup. */
export const randomHtml: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(names, attributes).map(([name, attribute]) => `<${name}${attribute}>`) },
      { weight: 3, arbitrary: names.map((name) => `</${name}>`) },
      { weight: 2, arbitrary: scraps },
      { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));
