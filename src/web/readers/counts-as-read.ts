/** User agents of programs that fetch pages on behalf of others. Browsers under automation are counted. */
const robots =
  /bot\b|bot[/_;-]|crawl|spider|slurp|archive|preview|scan|monitor|uptime|pingdom|lighthouse|pagespeed|validator|facebookexternalhit|embedly|whatsapp|telegram|mediapartners|feedfetcher|favicon|python|curl|wget|httpclient|okhttp|axios|phantom/i;
/** Old browsers, and today robots, identify as `(compatible; …)`. */
const compatible = /\(compatible;(?! MSIE)/i;

/**
 * Whether a request for an item page counts as a read: a browser opens it as a document. Prefetches, previews and robots
 * do not count.
 *
 * @param header returns a request header by its lower-case name.
 */
export function countsAsRead(method: string, header: (name: string) => string | undefined): boolean {
  if (method !== 'GET') return false;
  const purpose = [header('sec-purpose'), header('purpose'), header('x-purpose'), header('x-moz')].join();
  if (/prefetch|preview|prerender/i.test(purpose)) return false;
  if ((header('sec-fetch-dest') ?? 'document') !== 'document') return false;
  const agent = header('user-agent') ?? '';
  return /^(?:Mozilla|Opera)\/\d/.test(agent) && !robots.test(agent) && !compatible.test(agent);
}
