import { type ConfigProblem, formatProblem } from '../domain/config-error.ts';
import type { Declarations, Site, Source } from '../domain/polling/source.ts';
import { serversOf, type Target } from '../fetch/client/address-guard.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { hostCycles } from '../schedule/host-cycle.ts';
import type { Store } from '../store/engine/store.ts';
import { declareSources } from '../store/sources/declare-sources.ts';

const warningsLogged = 10;

/** What activating declarations needs. */
export interface ActivationParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each activation. */
  onDeclared(declarations: Declarations): void;
}

/** The active declarations, as polling uses them. */
export class DeclaredSources {
  readonly #parts: ActivationParts;
  #site: Site;
  #warnings: readonly ConfigProblem[] = [];
  #sources: ReadonlyMap<string, Source> = new Map();
  #hostCycleMs: (url: string) => number = () => 0;
  #isConfigured: (target: Target) => boolean = () => false;

  /** @param site the settings of the site until the first activation. */
  constructor(parts: ActivationParts, site: Site) {
    this.#parts = parts;
    this.#site = site;
  }

  get site(): Site {
    return this.#site;
  }

  sourceOf(id: string): Source | undefined {
    return this.#sources.get(id);
  }

  /** The time in which the sources at the host of a URL are polled once, at the gap between two requests. */
  hostCycleMs(url: string): number {
    return this.#hostCycleMs(url);
  }

  /** Whether the operator declared a source or a webhook at this host: not a remote list, which others write. */
  isConfigured(target: Target): boolean {
    return this.#isConfigured(target);
  }

  /** Stores declarations and makes them active. */
  async declare(declarations: Declarations): Promise<void> {
    const { store, clock, onDeclared } = this.#parts;
    const { sources, webhooks, site, warnings } = declarations;
    await declareSources(store, declarations, clock.now());
    this.#site = site;
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    this.#hostCycleMs = hostCycles(sources, site.politeness.hostGapMs);
    const ownSources = sources.filter(({ listedBy }) => listedBy === null);
    this.#isConfigured = serversOf([...ownSources, ...webhooks].map(({ url }) => url));
    this.#logWarnings(warnings);
    onDeclared(declarations);
  }

  /** Logs new warnings in one line, and none again at each reload. */
  #logWarnings(warnings: readonly ConfigProblem[]): void {
    const known = new Set(this.#warnings.map(formatProblem));
    const fresh = warnings.map(formatProblem).filter((warning) => !known.has(warning));
    this.#warnings = warnings;
    if (fresh.length === 0) return;
    this.#parts.log.warn(
      { count: fresh.length, first: fresh.slice(0, warningsLogged) },
      'the declarations have warnings',
    );
  }
}
