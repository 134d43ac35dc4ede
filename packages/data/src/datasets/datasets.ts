import type { ReadInteractionsOptions } from '../read/read-interactions.js';

/** Names of the public datasets in `datasets`. */
export type DatasetName = 'ml-100k' | 'ml-1m' | 'ml-latest-small' | 'amazon-beauty' | 'amazon-games' | 'steam';

/** A public dataset: its archive, its terms, and how its interactions are prepared. */
export interface Dataset {
  /** Name of the folder in the cache and of the CSV file. */
  readonly name: string;
  /** Title, for people. */
  readonly title: string;
  /** URL of the archive. */
  readonly url: string;
  /** Terms of use. */
  readonly terms: string;
  /** What to cite. */
  readonly citation: string;
  /** How the archive is read. */
  readonly raw: Pick<ReadInteractionsOptions, 'format' | 'entry' | 'columns'>;
  /**
   * Fewest interactions of a user or item to keep, counted once in the raw data (`kCore` with `passes: 'single'`). Default: all are kept. Every
   * rating counts as an interaction, high or low.
   */
  readonly minInteractions?: number;
  /** What the prepared dataset has; other counts are an error. */
  readonly counts: { readonly users: number; readonly items: number; readonly interactions: number };
  /**
   * Sha256 of the archive, in hexadecimal, which a download must have. Absent if it is not known for certain; then only the counts are checked.
   * Those of MovieLens are the ones that TensorFlow Datasets records.
   */
  readonly sha256?: string;
}

const movieLens = {
  url: 'https://files.grouplens.org/datasets/movielens/',
  citation:
    'F. M. Harper, J. A. Konstan. The MovieLens Datasets: History and Context. ACM TiiS 5(4):19, 2015. https://doi.org/10.1145/2827872',
};

const amazon = {
  url: 'https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/',
  terms: 'Offered for research with citation; no licence is stated, so ask before you redistribute it.',
  citation:
    'J. McAuley, C. Targett, J. Shi, A. van den Hengel. Image-based Recommendations on Styles and Substitutes. SIGIR 2015.',
};

/**
 * The datasets that `getDataset` knows. The four datasets of the SASRec paper (Kang & McAuley 2018, section IV-A) are prepared as its authors did:
 * users and items with at least 5 interactions, counted once. MovieLens 100K and latest-small, which the paper does not use, are kept whole.
 *
 * @example
 * for (const { name, title, terms } of datasets) console.log(name, title, terms);
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
    sha256: '50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229',
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
    sha256: 'a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20',
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
    sha256: '696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436',
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
    url: 'https://cseweb.ucsd.edu/~wckang/steam_reviews.json.gz',
    terms: 'Offered for research with citation; no licence is stated, so ask before you redistribute it.',
    citation: 'W.-C. Kang, J. McAuley. Self-Attentive Sequential Recommendation. ICDM 2018.',
    raw: { format: 'python-literals', columns: { user: 'username', item: 'product_id', timestamp: 'date' } },
    minInteractions: 5,
    counts: { users: 334_730, items: 13_047, interactions: 3_686_172 },
  },
];
