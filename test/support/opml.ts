/** An OPML document with this body. */
export function opml(body: string, head = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}<opml version="2.0">\n<head><title>Feeds</title></head>\n<body>\n${body}\n</body>\n</opml>\n`;
}

/** An outline that names a feed. */
export function outline(url: string, attributes = ''): string {
  return `<outline type="rss" xmlUrl="${url}" ${attributes}/>`;
}

/** An outline that is the heading of others. */
export function heading(name: string, ...inside: readonly string[]): string {
  return `<outline text="${name}" title="${name}">\n${inside.join('\n')}\n</outline>`;
}

/**
 * The export of a reader with 500 outlines: 465 feeds in nested folders, 30 of which stand in two folders, and 5 outlines
 * that name no feed.
 *
 * @param base the start of the URLs of the feeds.
 */
export function exportOf500(base = 'https://feeds.example.org'): string {
  const feeds = Array.from({ length: 465 }, (_, n) =>
    outline(`${base}/${n}.xml`, `text="Feed ${n}" title="Feed ${n}"`),
  );
  const dead = [
    outline('', 'text="Empty"'),
    '<outline type="rss" text="Without URL"/>',
    outline('javascript:alert(1)', 'text="Script"'),
    outline('query:unread', 'text="Query"'),
    outline('https://', 'text="Half"'),
  ];
  return opml(
    [
      heading('News', ...feeds.slice(0, 100), heading('World/Europe', ...feeds.slice(100, 200), dead[0] ?? '')),
      heading('Technology', ...feeds.slice(200, 465), ...dead.slice(1, 3)),
      heading('Favourites', ...feeds.slice(190, 220)),
      ...dead.slice(3),
    ].join('\n'),
  );
}
