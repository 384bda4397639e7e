import { type Outlet, outlets } from './outlets.ts';
import { between, pick, type Random } from './random.ts';
import { analyticsStories } from './stories-analytics.ts';
import { scienceStories } from './stories-science.ts';
import { technologyStories } from './stories-technology.ts';
import { worldStories } from './stories-world.ts';
import { chooseSlotValues, correctSlotValues, fillTemplate, type SlotValues } from './story-slots.ts';
import { type DemoSection, demoSections, type StoryTemplate } from './story-template.ts';

/** An article as one outlet carries it. */
export interface Article {
  /** Unique in the newsroom. */
  readonly number: number;
  readonly outlet: Outlet;
  readonly topic: string;
  readonly headline: string;
  readonly lead: string;
  readonly paragraphs: readonly string[];
  readonly byline: string;
  readonly publishedMs: number;
  readonly updatedMs: number | null;
  /** Of the page that tells the story, below the newsroom's address: the first outlet's, also when a second carries it. */
  readonly path: string;
  /** What its picture is drawn from; null: it has none. */
  readonly pictureSeed: number | null;
}

/** What one turn of the newsroom came to. */
export interface Publication {
  readonly kind: 'published' | 'carried' | 'corrected';
  readonly article: Article;
}

interface Story {
  readonly template: StoryTemplate;
  readonly fills: SlotValues;
}

const storiesOf: Readonly<Record<DemoSection, readonly StoryTemplate[]>> = {
  World: worldStories,
  Analytics: analyticsStories,
  Technology: technologyStories,
  Science: scienceStories,
};

/** How many articles a feed shows, as real ones do. */
const articlesInFeed = 30;
/** Only what is fresh is corrected: a reader should see it happen. */
const correctable = 12;
/** A second outlet comes later, when the first one's article has been read: who is first owns the item. */
const carriedAfterMs = 12_000;
const chances = { carried: 0.3, carryNow: 0.5, corrected: 0.12, picture: 0.7 };

/** Decides what the made-up outlets publish. All of it follows from the stream of random numbers. */
export class Editor {
  readonly #random: Random;
  readonly #articles = new Map<string, Article[]>(outlets.map((outlet) => [outlet.id, []]));
  readonly #stories = new Map<number, Story>();
  readonly #decks = new Map<DemoSection, StoryTemplate[]>();
  /** Stories that a second outlet has yet to carry. */
  readonly #toCarry: { readonly story: Story; readonly first: Article }[] = [];
  #recent: Article[] = [];
  #lastNumber = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** What an outlet shows, newest first. */
  articlesOf(outletId: string): readonly Article[] {
    return this.#articles.get(outletId) ?? [];
  }

  /** The article whose page this is, with its latest corrections; null: there is none. */
  articleAt(path: string): Article | null {
    const told = [...this.#articles.values()].flat().filter((article) => article.path === path);
    // The first outlet's own words, as long as it still shows them.
    return told.find((article) => path.startsWith(`/${article.outlet.id}/`)) ?? told[0] ?? null;
  }

  /** Publishes something new, has a story carried by a second outlet, or corrects what was wrong. */
  publishNext(nowMs: number): Publication {
    const due = this.#toCarry[0];
    if (due !== undefined && nowMs - due.first.publishedMs >= carriedAfterMs && this.#random() < chances.carryNow) {
      this.#toCarry.shift();
      return this.#carry(due.story, due.first, nowMs);
    }
    if (this.#recent.length > 3 && this.#random() < chances.corrected) return this.#correct(nowMs);
    return this.#publish(nowMs);
  }

  #publish(nowMs: number): Publication {
    const section = pick(this.#random, demoSections);
    const template = this.#draw(section);
    const story = { template, fills: chooseSlotValues(template, this.#random) };
    const outlet = pick(
      this.#random,
      outlets.filter((candidate) => candidate.section === section),
    );
    const article = this.#write(story, { outlet, wording: 0, nowMs, first: null });
    if (this.#random() < chances.carried) this.#toCarry.push({ story, first: article });
    return { kind: 'published', article };
  }

  #carry(story: Story, first: Article, nowMs: number): Publication {
    const outlet = pick(
      this.#random,
      outlets.filter((other) => other.section === first.outlet.section && other.id !== first.outlet.id),
    );
    return { kind: 'carried', article: this.#write(story, { outlet, wording: 1, nowMs, first }) };
  }

  #write(
    story: Story,
    as: { readonly outlet: Outlet; readonly wording: 0 | 1; readonly nowMs: number; readonly first: Article | null },
  ): Article {
    const { template, fills } = story;
    const number = ++this.#lastNumber;
    const article: Article = {
      number,
      outlet: as.outlet,
      topic: template.topic,
      headline: fillTemplate(template.headlines[as.wording], fills),
      lead: fillTemplate(template.leads[as.wording], fills),
      paragraphs: template.paragraphs.map((text) => fillTemplate(text, fills)),
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
    // Corrections are made where the story stands first: the owner's text is what readers see.
    if (as.first === null) this.#recent = [article, ...this.#recent].slice(0, correctable);
    return article;
  }

  #correct(nowMs: number): Publication {
    const article = pick(this.#random, this.#recent);
    this.#recent = this.#recent.filter((other) => other !== article);
    const story = this.#stories.get(article.number);
    const fills = story === undefined ? null : correctSlotValues(story.template, story.fills, this.#random);
    const told = story === undefined || fills === null ? article : { ...article, ...rewrite(story.template, fills) };
    const note =
      fills === null ? 'Updated with a second source.' : 'Correction: an earlier version gave a wrong figure.';
    const corrected = { ...told, paragraphs: [...told.paragraphs, note], updatedMs: nowMs };
    const shown = this.articlesOf(article.outlet.id).map((other) => (other === article ? corrected : other));
    this.#articles.set(article.outlet.id, shown);
    return { kind: 'corrected', article: corrected };
  }

  /** Every story of a section is told once before one is told again, with other places and numbers. */
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

function rewrite(template: StoryTemplate, fills: SlotValues): Pick<Article, 'headline' | 'lead' | 'paragraphs'> {
  return {
    headline: fillTemplate(template.headlines[0], fills),
    lead: fillTemplate(template.leads[0], fills),
    paragraphs: template.paragraphs.map((text) => fillTemplate(text, fills)),
  };
}
