import type { ReadInteractionsOptions } from '../read/read-interactions.js';

export type DatasetName = 'ml-100k' | 'ml-1m' | 'ml-latest-small' | 'amazon-beauty' | 'amazon-games' | 'steam';

/** A public dataset: where it is, on what terms, and how its interactions are made of it. */
export interface Dataset {
  readonly name: string;
  readonly title: string;
  /** Where the archive is. */
  readonly url: string;
  /** On what terms it may be used. */
  readonly terms: string;
  readonly citation: string;
  /** How the archive is read. */
  readonly raw: Pick<ReadInteractionsOptions, 'format' | 'entry' | 'columns'>;
  /**
   * Keeps users and items with so many interactions, counted once in the raw data (`kCore` with a single pass). Default: keeps all. Every
   * rating is an interaction, whatever it says.
   */
  readonly minInteractions?: number;
  /** What is left. */
  readonly counts: { readonly users: number; readonly items: number; readonly interactions: number };
  /** Of the archive, in hexadecimal, where it is known for certain. Otherwise the counts alone tell a right archive from a wrong one. */
  readonly sha256?: string;
}

const movieLens = {
  url: 'https://files.grouplens.org/datasets/movielens/',
  citation:
    'F. M. Harper, J. A. Konstan. The MovieLens Datasets: History and Context. ACM TiiS 5(4):19, 2015. https://doi.org/10.1145/2827872',
};

const amazon = {
  url: 'http://snap.stanford.edu/data/amazon/productGraph/categoryFiles/',
  terms: 'Offered for research with citation; no licence is stated, so ask before you redistribute it.',
  citation:
    'J. McAuley, C. Targett, J. Shi, A. van den Hengel. Image-based Recommendations on Styles and Substitutes. SIGIR 2015.',
};

/**
 * The datasets that `getDataset` knows. The four of the SASRec paper (Kang & McAuley 2018, section IV-A) are prepared as its authors did:
 * users and items with 5 interactions or more, counted once. MovieLens 100K and latest-small, which the paper does not use, keep all.
 */
export const datasets: readonly (Dataset & { readonly name: DatasetName })[] = [
  {
    name: 'ml-100k',
    title: 'MovieLens 100K',
    url: `${movieLens.url}ml-100k.zip`,
    terms: 'Free for research with citation; no redistribution and no commercial use without permission of GroupLens.',
    citation: movieLens.citation,
    raw: { entry: 'ml-100k/u.data', format: 'text' },
    counts: { users: 943, items: 1_682, interactions: 100_000 },
  },
  {
    name: 'ml-1m',
    title: 'MovieLens 1M',
    url: `${movieLens.url}ml-1m.zip`,
    terms: 'Free for research with citation; no redistribution and no commercial use without permission of GroupLens.',
    citation: movieLens.citation,
    raw: { entry: 'ml-1m/ratings.dat', format: 'movielens' },
    minInteractions: 5,
    counts: { users: 6_040, items: 3_416, interactions: 999_611 },
  },
  {
    name: 'ml-latest-small',
    title: 'MovieLens latest small, as it was on 2018-09-26',
    url: `${movieLens.url}ml-latest-small.zip`,
    terms:
      'Free for research with citation, redistribution on the same terms; no commercial use without permission of GroupLens.',
    citation: movieLens.citation,
    raw: { entry: 'ml-latest-small/ratings.csv', format: 'csv' },
    counts: { users: 610, items: 9_724, interactions: 100_836 },
  },
  {
    name: 'amazon-beauty',
    title: 'Amazon Beauty, reviews of 1996 to 2014',
    url: `${amazon.url}reviews_Beauty.json.gz`,
    terms: amazon.terms,
    citation: amazon.citation,
    raw: {},
    minInteractions: 5,
    counts: { users: 52_024, items: 57_289, interactions: 394_908 },
  },
  {
    name: 'amazon-games',
    title: 'Amazon Video Games, reviews of 1996 to 2014',
    url: `${amazon.url}reviews_Video_Games.json.gz`,
    terms: amazon.terms,
    citation: amazon.citation,
    raw: {},
    minInteractions: 5,
    counts: { users: 31_013, items: 23_715, interactions: 287_107 },
  },
  {
    name: 'steam',
    title: 'Steam, reviews of 2010 to 2018',
    url: 'http://cseweb.ucsd.edu/~wckang/steam_reviews.json.gz',
    terms: 'Offered for research with citation; no licence is stated, so ask before you redistribute it.',
    citation: 'W.-C. Kang, J. McAuley. Self-Attentive Sequential Recommendation. ICDM 2018.',
    raw: { format: 'python-literals', columns: { user: 'username', item: 'product_id', timestamp: 'date' } },
    minInteractions: 5,
    counts: { users: 334_730, items: 13_047, interactions: 3_686_172 },
  },
];
