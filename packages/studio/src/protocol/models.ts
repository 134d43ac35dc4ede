import type { z } from 'zod';
import type { listRequestSchema } from './schemas.js';

/** An item, and what it is called. */
export interface NamedItem {
  readonly item: string;
  /** Its title, or its id. */
  readonly title: string;
}

/** What the items of a model can be filtered by. */
export type AttributeInfo =
  | { readonly name: string; readonly kind: 'numbers'; readonly min: number; readonly max: number }
  | {
      readonly name: string;
      readonly kind: 'texts';
      /** The most frequent values. */
      readonly values: readonly { readonly value: string; readonly items: number }[];
      /** How many values there are besides. */
      readonly others: number;
    };

/** The model of a run. */
export interface ModelAnswer {
  readonly run: string;
  readonly kind: string;
  readonly items: number;
  readonly maxLength: number;
  /** Whether it uses times: then items of a history are `gap` seconds apart. */
  readonly usesTimes: boolean;
  /** Its checkpoint, such as `step-0000004114`. */
  readonly checkpoint: string;
  readonly backend: string;
  /** Where titles come from, or why there are none. */
  readonly names: string;
  readonly attributes: readonly AttributeInfo[];
}

/** Body of a request for a list. */
export type ListRequest = z.input<typeof listRequestSchema>;

/** Conditions by attribute, all of which must hold. */
export type ItemFilter = NonNullable<z.output<typeof listRequestSchema>['filter']>;

/** A list of values of which any will do, or a range. */
export type FilterCondition = ItemFilter[string];

/** The share of an item of the history in a recommendation, 0 .. 1. */
export interface Reason {
  readonly item: string;
  readonly share: number;
}

export interface RecommendedItem extends NamedItem {
  readonly score: number;
  /** Largest share first; absent if the model cannot say it. */
  readonly reasons?: readonly Reason[] | undefined;
}

/** What the newest item of the history attends to. */
export interface Attention {
  /** The items that the model saw, oldest first. */
  readonly seen: readonly string[];
  /** The share of each, over all blocks and heads. */
  readonly rollout: readonly number[];
  /** By block, by head, the weight of each. */
  readonly weights: readonly (readonly (readonly number[])[])[];
}

export interface ListAnswer {
  /** The history with titles. */
  readonly history: readonly (NamedItem & { readonly known: boolean })[];
  readonly items: readonly RecommendedItem[];
  readonly attention?: Attention | undefined;
  /** Whether these are popular items, as nothing of the history is known. */
  readonly popular: boolean;
}

export interface SimilarItem extends NamedItem {
  /** -1 .. 1. */
  readonly cosine: number;
}

export interface SimilarAnswer {
  readonly items: readonly SimilarItem[];
}
