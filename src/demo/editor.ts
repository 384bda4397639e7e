import { type DemoSection, demoSections, type Outlet, outlets } from './outlets.ts';
import { between, pick, type Random } from './random.ts';
import stories from './stories.json' with { type: 'json' };
import {
  chooseSlotValues,
  correctSlotValues,
  fillTemplate,
  type SlotValues,
  type StoryTemplate,
} from './story-slots.ts';

/** An article of one outlet. */
export interface Article {
  /** Unique among all outlets. */
  readonly number: number;
  readonly outlet: Outlet;
  readonly topic: string;
  readonly headline: string;
  readonly lead: string;
  readonly paragraphs: readonly string[];
  readonly byline: string;
  readonly publishedMs: number;
  readonly updatedMs: number | null;
  /** The path of the page of the story. A syndicated article has that of the first outlet. */
  readonly path: string;
  /** The seed of its image; null if it has none. */
  readonly pictureSeed: number | null;
}

/** One publication: a new article, a second article on a story, or a correction. */
export interface Publication {
  readonly kind: 'published' | 'syndicated' | 'corrected';
  readonly article: Article;
}

interface Story {
  readonly template: StoryTemplate;
  readonly values: SlotValues;
}

const storiesOf: Readonly<Record<DemoSection, readonly StoryTemplate[]>> = stories;

/** The number of articles in a feed, as in real ones. */
const articlesInFeed = 30;
/** Only the newest articles are corrected, so that users see it. */
const correctable = 12;
/** A story is syndicated after the first article was polled, because the first source owns the item. */
const syndicatedAfterMs = 12_000;
const chances = { syndicated: 0.3, syndicateNow: 0.5, corrected: 0.12, picture: 0.7 };

/** Decides what the outlets publish. Deterministic: everything follows from the random numbers. */
export class Editor {
  readonly #random: Random;
  readonly #articles = new Map<string, Article[]>(outlets.map((outlet) => [outlet.id, []]));
  readonly #stories = new Map<number, Story>();
  readonly #decks = new Map<DemoSection, StoryTemplate[]>();
  /** Stories that a second outlet will publish. */
  readonly #toSyndicate: { readonly story: Story; readonly first: Article }[] = [];
  #recent: Article[] = [];
  #lastNumber = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The articles of an outlet, newest first. */
  articlesOf(outletId: string): readonly Article[] {
    return this.#articles.get(outletId) ?? [];
  }

  /** The article of a page, with its latest correction; null if there is none. */
  articleAt(path: string): Article | null {
    const articles = [...this.#articles.values()].flat().filter((article) => article.path === path);
    // The first outlet's article, unless it dropped out of its feed.
    return articles.find((article) => path.startsWith(`/${article.outlet.id}/`)) ?? articles[0] ?? null;
  }

  /** Publishes a new article, syndicates a story to a second outlet, or corrects an article. */
  publishNext(nowMs: number): Publication {
    const due = this.#toSyndicate[0];
    if (
      due !== undefined &&
      nowMs - due.first.publishedMs >= syndicatedAfterMs &&
      this.#random() < chances.syndicateNow
    ) {
      this.#toSyndicate.shift();
      return this.#syndicate(due.story, due.first, nowMs);
    }
    if (this.#recent.length > 3 && this.#random() < chances.corrected) return this.#correct(nowMs);
    return this.#publish(nowMs);
  }

  #publish(nowMs: number): Publication {
    const section = pick(this.#random, demoSections);
    const template = this.#draw(section);
    const story = { template, values: chooseSlotValues(template, this.#random) };
    const candidates = outlets.filter((candidate) => candidate.section === section);
    const outlet = pick(this.#random, candidates);
    const article = this.#write(story, { outlet, nowMs, first: null });
    if (this.#random() < chances.syndicated) this.#toSyndicate.push({ story, first: article });
    return { kind: 'published', article };
  }

  #syndicate(story: Story, first: Article, nowMs: number): Publication {
    const others = outlets.filter((other) => other.section === first.outlet.section && other.id !== first.outlet.id);
    const outlet = pick(this.#random, others);
    return { kind: 'syndicated', article: this.#write(story, { outlet, nowMs, first }) };
  }

  /** @param as.first the article of the first outlet, if another one has published the story. */
  #write(
    story: Story,
    as: { readonly outlet: Outlet; readonly nowMs: number; readonly first: Article | null },
  ): Article {
    const number = ++this.#lastNumber;
    const article: Article = {
      number,
      outlet: as.outlet,
      topic: story.template.topic,
      ...wordStory(story, as.first === null ? 'first' : 'second'),
      byline: pick(this.#random, as.outlet.bylines),
      publishedMs: as.nowMs,
      updatedMs: null,
      path: as.first?.path ?? `/${as.outlet.id}/stories/${number}`,
      pictureSeed: as.first === null ? this.#pictureSeed() : as.first.pictureSeed,
    };
    this.#stories.set(number, story);
    const shown = [article, ...this.articlesOf(as.outlet.id)];
    for (const old of shown.splice(articlesInFeed)) this.#stories.delete(old.number);
    this.#articles.set(as.outlet.id, shown);
    // Only the first article is corrected: readers see the text of the source that owns the item.
    if (as.first === null) this.#recent = [article, ...this.#recent].slice(0, correctable);
    return article;
  }

  #correct(nowMs: number): Publication {
    const article = pick(this.#random, this.#recent);
    this.#recent = this.#recent.filter((other) => other !== article);
    const story = this.#stories.get(article.number);
    const values = story === undefined ? null : correctSlotValues(story.template, story.values, this.#random);
    const text =
      story === undefined || values === null ? article : { ...article, ...wordStory({ ...story, values }, 'first') };
    const note =
      values === null ? 'Updated with a second source.' : 'Correction: an earlier version gave a wrong figure.';
    const corrected = { ...text, paragraphs: [...text.paragraphs, note], updatedMs: nowMs };
    const shown = this.articlesOf(article.outlet.id).map((other) => (other === article ? corrected : other));
    this.#articles.set(article.outlet.id, shown);
    return { kind: 'corrected', article: corrected };
  }

  /** Draws a story without replacement. The deck is refilled when all stories of the section were used. */
  #draw(section: DemoSection): StoryTemplate {
    const deck = this.#decks.get(section) ?? [];
    if (deck.length === 0) deck.push(...storiesOf[section]);
    const [drawn] = deck.splice(between(this.#random, 0, deck.length - 1), 1);
    this.#decks.set(section, deck);
    if (drawn === undefined) throw new Error(`no story in ${section}`);
    return drawn;
  }

  #pictureSeed(): number | null {
    return this.#random() < chances.picture ? between(this.#random, 1, 1_000_000) : null;
  }
}

function wordStory(
  { template, values }: Story,
  wording: 'first' | 'second',
): Pick<Article, 'headline' | 'lead' | 'paragraphs'> {
  return {
    headline: fillTemplate(template[wording].headline, values),
    lead: fillTemplate(template[wording].lead, values),
    paragraphs: template.paragraphs.map((text) => fillTemplate(text, values)),
  };
}
