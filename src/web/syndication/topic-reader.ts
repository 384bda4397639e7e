import { Hono } from 'hono';
import type { TopicDocument } from '../../push/websub/hub-store.ts';
import type { AppContext } from '../shared/app-context.ts';
import { RequestError } from '../shared/request-error.ts';
import { feedRoutes } from './feed-routes.ts';

/**
 * Reads the document of a WebSub topic: the same bytes, media type and links that a GET of the topic returns (W3C
 * Recommendation of 23 January 2018, section 7).
 */
export function createTopicReader(context: AppContext): (topic: string) => Promise<TopicDocument | null> {
  const feeds = new Hono();
  feeds.onError((error, c) => {
    if (error instanceof RequestError && error.problem.status === 404) return c.body(null, 404);
    throw error;
  });
  feedRoutes(feeds, { ...context, responseCache: null, feedLimit: null });
  return async (topic) => {
    const base = context.publicUrl;
    if (!topic.startsWith(`${base}/`)) return null;
    const response = await feeds.request(topic.slice(base.length));
    if (response.status === 404) return null;
    if (response.status !== 200) throw new Error(`cannot read the topic ${topic}: status ${response.status}`);
    const { headers } = response;
    const link = headers.get('link') ?? '';
    return {
      body: new Uint8Array(await response.arrayBuffer()),
      contentType: headers.get('content-type') ?? '',
      link,
      self: /<([^>]*)>; rel="self"/.exec(link)?.[1] ?? '',
      tag: headers.get('etag') ?? '',
    };
  };
}
