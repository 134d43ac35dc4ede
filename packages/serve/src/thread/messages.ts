import type { Id, Recommendation } from '@recsys/model';
import type { Reason } from '@recsys/sasrec';
import type { ItemFilter } from '../protocol/index.js';

/** The attributes of items as `readItemAttributes` gives them, or a file that it reads. */
export type ItemsSource =
  | string
  | { readonly ids: readonly Id[]; readonly columns: Readonly<Record<string, readonly unknown[]>> };

/** A history whose list is known to hold some items: a model without them is refused. */
export interface KnownAnswer {
  readonly history: readonly Id[];
  readonly times?: readonly number[] | undefined;
  /** Items that must be in the list. */
  readonly expect: readonly Id[];
  /** How long the list is. Default 10. */
  readonly k?: number | undefined;
}

/** The files of a model in memory that threads share, so that a thread can be started again when the files on the disk are gone. */
export interface HeldModel {
  readonly directory: string;
  readonly version: string;
  readonly files: ReadonlyMap<string, SharedArrayBuffer>;
}

/** What a thread starts with. */
export interface ThreadData {
  /** What to load: a path, or a model that another thread has read. */
  readonly source: string | HeldModel;
  readonly items: ItemsSource | undefined;
  /** The version that is served: the same one again is not loaded. */
  readonly unlessVersion: string | undefined;
  /** What the model must keep of the one that is served. */
  readonly replaces:
    | { readonly model: HeldModel; readonly minKeptItems: number; readonly otherUsesTimes: boolean }
    | undefined;
  readonly knownAnswers: readonly KnownAnswer[];
  /** What the module that loads the model is told. */
  readonly own: unknown;
}

/** What a thread tells of its model. */
export interface ModelInfo {
  readonly version: string;
  readonly kind: string;
  readonly items: number;
  readonly maxLength: number;
  readonly usesTimes: boolean;
  readonly attributes: readonly string[];
  /** What computes, such as `simd native-avx2, 2 threads`. */
  readonly backend: string;
}

/** A history to make a list for; `explain` also asks why each item is in it. */
export interface ListRequest {
  readonly kind: 'list' | 'explain';
  readonly history: readonly Id[];
  readonly times: readonly number[] | undefined;
  readonly at: number;
  readonly k: number;
  readonly includeSeen: boolean;
  readonly exclude: readonly Id[] | undefined;
  readonly candidates: readonly Id[] | undefined;
  readonly filter: ItemFilter | undefined;
  readonly diversity: number;
  readonly fallback: 'popular' | 'none' | 'error' | undefined;
}

/** An item whose most similar items are asked for. */
export interface SimilarRequest {
  readonly kind: 'similar';
  readonly item: Id;
  readonly k: number;
}

export type ScoreRequest = ListRequest | SimilarRequest;

/** Why the items of a list are in it. */
export interface ListReasons {
  /** The items of the history that the model saw, oldest first. */
  readonly seen: readonly Id[];
  /** The share of each of them in the newest state, by attention rollout; sums to 1. */
  readonly rollout: readonly number[];
  /** `attention[block][head][j]`: how much the newest of them attends to item j; sums to 1. */
  readonly attention: readonly (readonly (readonly number[])[])[];
  /** For each item of the list, the shares of items of the history, largest first. */
  readonly reasons: readonly (readonly Reason[])[];
}

/** What a request gets; one that fails leaves the others alone. */
export type Outcome =
  | {
      readonly items: readonly Recommendation[];
      readonly unknownItems: number;
      readonly fallback: boolean;
      /** Where it was asked for, the model can say it, and it knows an item of the history. */
      readonly why?: ListReasons;
    }
  | { readonly error: { readonly code: string; readonly problem: string } };

export interface ToThread {
  readonly id: number;
  readonly requests: readonly ScoreRequest[];
}

export type FromThread =
  | { readonly type: 'ready'; readonly info: ModelInfo; readonly held: HeldModel }
  | { readonly type: 'unchanged' }
  | { readonly type: 'refused'; readonly code: string; readonly problem: string }
  | { readonly type: 'outcomes'; readonly id: number; readonly outcomes: readonly Outcome[] };
