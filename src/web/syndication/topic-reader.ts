import { Hono } from 'hono';
import type { TopicDocument } from '../../push/websub/hub-store.ts';
import type { AppContext } from '../shared/app-context.ts';
import { RequestError } from '../shared/request-error.ts';
import { feedRoutes } from './feed-routes.ts';
import { RenderCache } from './render-cache.ts';

const cacheBytes = 4 * 1024 * 1024;

/** Reads a topic as whoever asks for its address would: the same bytes under the same type with the same links. */
export function createTopicReader(parts: AppContext): (topic: string) => Promise<TopicDocument | null> {
  const feeds = new Hono();
  feeds.onError((error, c) => {
    if (error instanceof RequestError && error.problem.status === 404) return c.body(null, 404);
    throw error;
  });
  feedRoutes(feeds, parts, new RenderCache(cacheBytes));
  return async (topic) => {
    const base = parts.publicUrl();
    if (!topic.startsWith(`${base}/`)) return null;
    const response = await feeds.request(topic.slice(base.length));
    if (response.status === 404) return null;
    if (response.status !== 200) throw new Error(`the feed ${topic} could not be made (${response.status})`);
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
