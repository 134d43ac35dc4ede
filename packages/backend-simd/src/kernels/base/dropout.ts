/** Attributes of a kernel with dropout. */
export interface Dropout {
  /** Key of the mask. */
  readonly key: number;
  /** Elements whose 16 random bits are below this are dropped; 0 drops none. */
  readonly threshold: number;
  /** 1 / (1 - rate). */
  readonly keptScale: number;
}
