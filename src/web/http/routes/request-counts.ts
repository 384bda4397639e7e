import type { RequestListener, ServerResponse } from 'node:http';

/** The responses to one route, by status class. */
export interface RequestCount {
  /** A route as the app declares it, such as `/items/:id`; `other` for an address that is no route. */
  readonly route: string;
  readonly status: StatusClass;
  readonly count: number;
}

const statusClasses = ['aborted', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** `aborted`: the client left before the response began. */
type StatusClass = (typeof statusClasses)[number];

const otherRoute = 'other';

interface RoutePattern {
  readonly route: string;
  /** The text before the first parameter. */
  readonly prefix: string;
  readonly pattern: RegExp;
}

/**
 * Counts responses by route and status class. Routes are those that the app declares, so that clients cannot create label
 * values by requesting other paths.
 */
export class RequestCounts {
  readonly #fixed = new Set<string>();
  readonly #patterns: RoutePattern[] = [];
  /** By route, in the order of `statusClasses`. */
  readonly #counts = new Map<string, number[]>();

  /** @param routes paths with parameters in the form of Hono: `/items/:id`, `/public/:version/:file{.+}`. */
  constructor(routes: readonly string[]) {
    for (const path of new Set(routes)) {
      // A wildcard belongs to a middleware, which is no route of its own.
      if (path.includes('*')) continue;
      if (path.includes(':')) this.#patterns.push(toPattern(path));
      else this.#fixed.add(path);
    }
  }

  /** Counts the responses of a listener, each when it has ended. */
  wrap(listener: RequestListener): RequestListener {
    const counts = this;
    // One function for all responses: a closure for each would cost more than the count.
    function onClose(this: ServerResponse): void {
      counts.#count(this);
    }
    return (incoming, outgoing) => {
      outgoing.on('close', onClose);
      listener(incoming, outgoing);
    };
  }

  /** The counts since the start, except those that are 0. */
  read(): readonly RequestCount[] {
    return [...this.#counts].flatMap(([route, counts]) =>
      statusClasses.flatMap((status, index) => {
        const count = counts[index] ?? 0;
        return count === 0 ? [] : [{ route, status, count }];
      }),
    );
  }

  /** The route of a request target. */
  routeOf(target: string): string {
    const end = target.search(/[?#]/);
    const path = end < 0 ? target : target.slice(0, end);
    if (this.#fixed.has(path)) return path;
    return (
      this.#patterns.find(({ prefix, pattern }) => path.startsWith(prefix) && pattern.test(path))?.route ?? otherRoute
    );
  }

  #count(outgoing: ServerResponse): void {
    const route = this.routeOf(outgoing.req.url ?? '');
    let counts = this.#counts.get(route);
    if (counts === undefined) {
      counts = statusClasses.map(() => 0);
      this.#counts.set(route, counts);
    }
    const index = outgoing.headersSent ? Math.trunc(outgoing.statusCode / 100) : 0;
    counts[index] = (counts[index] ?? 0) + 1;
  }
}

function toPattern(path: string): RoutePattern {
  // `:name` is one segment; `:name{.+}` is what its expression matches.
  const source = path
    .split('/')
    .map((segment) => {
      const parameter = /^:\w+(?:\{(.+)\})?$/.exec(segment);
      return parameter === null ? segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : (parameter[1] ?? '[^/]+');
    })
    .join('/');
  return {
    route: path.replace(/\{[^/]*\}/g, ''),
    prefix: path.slice(0, path.indexOf(':')),
    pattern: new RegExp(`^${source}$`),
  };
}
