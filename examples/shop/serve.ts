import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { RecsysError } from '@recsys/errors';
import type { CatalogFilter } from '@recsys/model';
import { createRecommender, type Recommender } from '@recsys/sasrec/node';
import { categories, type Product } from './events.ts';

/** The body of `POST /recommend`. */
interface Query {
  /** Products that the visitor looked at, oldest first. */
  history: string[];
  category?: string;
  k?: number;
}

/** A model in memory, and the products in stock as filters of its catalog. */
interface Loaded {
  readonly recommender: Recommender<string>;
  readonly inStock: CatalogFilter;
  readonly byCategory: ReadonlyMap<string, CatalogFilter>;
}

/** Recommends products in stock over HTTP. A new model takes the place of the old one between two requests. */
export class ShopServer {
  readonly #modelPath: string;
  readonly #server: Server;
  #loaded: Loaded | undefined;

  constructor(modelPath: string) {
    this.#modelPath = modelPath;
    this.#server = createServer(async (request, response) => {
      const { status, body } = await this.#answer(`${request.method} ${request.url}`, await text(request));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  /** Starts to listen. Resolves to the URL of recommendations. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/recommend`;
  }

  /** Loads the model that is saved now. Until it is ready, the one before answers. */
  async load(inStock: readonly Product[]): Promise<void> {
    const recommender = await createRecommender<string>(this.#modelPath, { threads: 2 });
    const filterOf = (products: readonly Product[]) => recommender.filter(products.map(({ id }) => id));
    const byCategory = new Map(
      categories.map((category) => [category, filterOf(inStock.filter((product) => product.category === category))]),
    );
    const before = this.#loaded;
    this.#loaded = { recommender, inStock: filterOf(inStock), byCategory };
    await before?.recommender.close(); // when it has answered its requests
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#loaded?.recommender.close();
  }

  async #answer(route: string, body: string): Promise<{ status: number; body: object }> {
    if (route !== 'POST /recommend') return { status: 404, body: { error: 'not found' } };
    if (this.#loaded === undefined) return { status: 503, body: { error: 'no model yet' } };
    const { recommender, inStock, byCategory } = this.#loaded;
    try {
      const { history, category, k = 5 } = JSON.parse(body) as Query;
      const candidates = category === undefined ? inStock : (byCategory.get(category) ?? []);
      const items = await recommender.recommend(history, { k, capK: true, candidates, fallback: 'popular' });
      return { status: 200, body: { items } };
    } catch (error) {
      if (error instanceof SyntaxError || RecsysError.isInstance(error))
        return { status: 400, body: { error: error.message } };
      return { status: 500, body: { error: 'internal error' } };
    }
  }
}
