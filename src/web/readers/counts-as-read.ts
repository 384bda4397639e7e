/** Programs that read pages for others, by what they call themselves. Browsers that a program drives do count. */
const robots =
  /bot\b|bot[/_;-]|crawl|spider|slurp|archive|preview|scan|monitor|uptime|pingdom|lighthouse|pagespeed|validator|facebookexternalhit|embedly|whatsapp|telegram|mediapartners|feedfetcher|favicon|python|curl|wget|httpclient|okhttp|axios|phantom/i;
/** `(compatible; …)` was a browser's habit long ago and has been a robot's since. */
const compatible = /\(compatible;(?! MSIE)/i;

/**
 * Whether a request for an item's page is somebody reading it: a browser that opens it as a page, now, and neither in
 * advance nor for another program.
 *
 * @param header reads a request header by its lower-case name.
 */
export function countsAsRead(method: string, header: (name: string) => string | undefined): boolean {
  if (method !== 'GET') return false;
  const advance = [header('sec-purpose'), header('purpose'), header('x-purpose'), header('x-moz')].join();
  if (/prefetch|preview|prerender/i.test(advance)) return false;
  if ((header('sec-fetch-dest') ?? 'document') !== 'document') return false;
  const agent = header('user-agent') ?? '';
  return /^(?:Mozilla|Opera)\/\d/.test(agent) && !robots.test(agent) && !compatible.test(agent);
}
