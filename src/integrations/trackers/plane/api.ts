/** How Plane is asked: its paths, which differ between editions, and its pages. */
import type { z } from 'zod';
import { createHttp, type Http, type Query } from '../../http/client.ts';
import { createPace, type Pace, type Urgency } from '../../http/pace.ts';
import { at } from '../../http/path.ts';
import { createSkew } from '../../http/skew.ts';
import { OutsideError } from '../../outside.ts';
import type { ItemRef, TrackerOptions } from '../../tracker.ts';
import { isPlaneId, pageOf } from './answers.ts';

export interface PageOptions {
  query?: Query;
  urgency?: Urgency;
}

export interface PlaneApi {
  http: Http;
  readonly skewMs: number;
  /** `/v1/workspaces/acme`. */
  workspace: string;
  /** `…/projects/<id>`. Throws `notFound` for what can be no project. */
  project(id: string): string;
  /** `…/projects/<id>/work-items`, or `issues` in older editions. */
  items(project: string): Promise<string>;
  /** The path of one item. Throws `notFound` for what can be none. */
  item(ref: ItemRef): Promise<string>;
  /** What its editions call items: known once one was asked for. */
  word(): string;
  /** Undefined when there is no such thing, or we must not see it. */
  find<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T | undefined>;
  /** The pages of a list, as they are read. No entry comes twice. */
  pages<T extends { id: string }>(path: string, entry: z.ZodType<T>, options?: PageOptions): AsyncGenerator<T[]>;
  /** The entries of all pages. */
  list<T extends { id: string }>(path: string, entry: z.ZodType<T>, options?: PageOptions): Promise<T[]>;
}

const pageSize = 100;
const mostPages = 200;
/** What Plane allows for a token unless its administrator says otherwise. */
const defaultPerMinute = 60;

export function createPlaneApi(options: TrackerOptions & { pace?: Pace }): PlaneApi {
  const { name, token, perMinute = defaultPerMinute } = options;
  const skew = createSkew();
  const http = createHttp({
    name,
    base: `${options.url.replace(/\/+$/, '')}/api`,
    headers: { 'x-api-key': token },
    secrets: [token],
    fetch: options.fetch,
    timeoutMs: options.timeoutMs,
    paging: { parameter: 'per_page', size: pageSize },
    pace: options.pace ?? createPace({ name, perMinute }),
    onAnswer: skew.heed,
    // A token that is wrong, expired or switched off is no question of what an account may do.
    meaning: ({ status, words }) =>
      status === 403 && /token is not valid/i.test(words) ? { failure: 'unauthorized' } : {},
  });
  const workspace = at`/v1/workspaces/${options.workspace}`;
  const none = (what: string) => new OutsideError('notFound', `${name} has no ${what}.`, { status: 404 });
  const project = (id: string) => {
    if (!isPlaneId(id)) throw none(`project ${JSON.stringify(id)}`);
    return `${workspace}/projects/${id}`;
  };
  const words = createWords(http, project);
  const pages = createPages(http, name);
  return {
    http,
    get skewMs() {
      return skew.ms;
    },
    workspace,
    project,
    ...words,
    async item({ project: of, id }) {
      if (!isPlaneId(id)) throw none(`item ${JSON.stringify(id)}`);
      return `${await words.items(of)}/${id}`;
    },
    async find(path, schema, query) {
      try {
        return await http.find(path, schema, query);
      } catch (error) {
        if (error instanceof OutsideError && error.failure === 'forbidden') return undefined;
        throw error;
      }
    },
    pages,
    async list<T extends { id: string }>(path: string, entry: z.ZodType<T>, wanted?: PageOptions) {
      const entries: T[] = [];
      for await (const page of pages(path, entry, wanted)) entries.push(...page);
      return entries;
    },
  };
}

/** Items are `work-items`; up to 1.0 the community edition knows only `issues`. Asked once, by the first that wants items. */
function createWords(http: Http, project: PlaneApi['project']): Pick<PlaneApi, 'items' | 'word'> {
  let known: string | undefined;
  let asking: Promise<string | undefined> | undefined;
  const probe = async (id: string) => {
    for (const word of ['work-items', 'issues']) {
      const asked = { query: { per_page: 1 }, expect: [403, 404] };
      if ((await http.ask('GET', `${project(id)}/${word}/`, asked)).status !== 404) return word;
    }
    // Of a project that is not there neither is: nothing was learned.
    return undefined;
  };
  return {
    word: () => known ?? 'work-items',
    async items(id) {
      const path = project(id);
      if (known === undefined) {
        asking ??= probe(id).finally(() => {
          asking = undefined;
        });
        known = (await asking) ?? known;
      }
      return `${path}/${known ?? 'work-items'}`;
    },
  };
}

/**
 * Its pages are counted, not marked: where entries go away while somebody reads, those behind move to the page before.
 * When there are fewer than a page ago, that page is read once more.
 */
function createPages(http: Http, name: string): PlaneApi['pages'] {
  return async function* pages<T extends { id: string }>(path: string, entry: z.ZodType<T>, wanted: PageOptions = {}) {
    const seen = new Set<string>();
    const cursors = [`${pageSize}:0:0`];
    let total = 0;
    for (let read = 0; read < mostPages; read += 1) {
      const query = { ...wanted.query, per_page: pageSize, cursor: cursors.at(-1) };
      const answer = await http.ask('GET', path, { query, urgency: wanted.urgency });
      const page = http.read(answer, pageOf(entry), `GET ${path}`);
      yield page.results.filter(({ id }) => !seen.has(id) && seen.add(id));
      const isFewer = (page.total_count ?? total) < total;
      total = page.total_count ?? total;
      if (isFewer && cursors.length > 1) cursors.pop();
      else if (!page.next_page_results || !page.next_cursor || page.results.length === 0) return;
      else cursors.push(page.next_cursor);
    }
    throw new OutsideError('invalid', `${name} has more than ${mostPages} pages for GET ${path}.`);
  };
}
