import { z } from 'zod';

/** Text that every store can hold: no NUL, and no half of a pair of UTF-16. */
const text = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\0\p{Surrogate}]*$/u, 'must be well-formed text');
const id = z.union([text, z.number()]).describe('An id; 296 and "296" are the same.');
const ids = z.array(id);
const seconds = z
  .number()
  .describe('Seconds, as the times of the training data: since 1970, if those were times of the calendar.');
const scalar = z.union([z.string().max(512), z.number(), z.boolean()]);

const condition = z
  .union([
    scalar,
    z.array(scalar).min(1).max(1000),
    z
      .strictObject({ min: z.number().optional(), max: z.number().optional() })
      .refine(({ min, max }) => min !== undefined || max !== undefined, 'min or max must be given'),
  ])
  .describe(
    'A value, a list of which any will do, or a range with both ends in it. An attribute with several values fits if one of them does.',
  );

const filter = z
  .record(z.string().min(1).max(128), condition)
  .refine((conditions) => Object.keys(conditions).length <= 16, 'must have at most 16 attributes')
  .describe('Conditions by attribute of the items, all of which must hold.');

/** Limits of a request; larger ones are refused before they cost anything. */
const limits = { history: 1000, k: 1000, ids: 10_000, batch: 256 } as const;

/** What a page of the schemas shows, which would make up texts of its own. */
const examples = {
  request: { history: ['296', '318'], k: 2, filter: { genres: ['Comedy', 'Drama'], year: { min: 1990 } } },
  answer: {
    items: [
      { item: '593', score: 3.1 },
      { item: '50', score: 2.9 },
    ],
    unknownItems: 0,
    fallback: false,
    modelVersion: 'step-0000004114-5c1f09aa',
  },
  error: { error: { code: 'bad-request', message: 'the request does not fit: /k must be at least 1' } },
} as const;

export const recommendRequestSchema = z
  .strictObject({
    history: ids.max(limits.history).optional().describe('Items, oldest first. Either this or user.'),
    user: text.optional().describe('A user whose history the service keeps from its events. Either this or history.'),
    times: z
      .array(seconds)
      .max(limits.history)
      .optional()
      .describe('When each item of the history was met, for a model that uses times.'),
    at: seconds.optional().describe('The time of the request, for a model that uses times. Default now.'),
    k: z.int().min(1).max(limits.k).optional().describe('How many items at most. Default 10.'),
    includeSeen: z.boolean().optional().describe('Whether items of the history may be recommended. Default false.'),
    exclude: ids.max(limits.ids).optional().describe('Never recommend these items.'),
    candidates: ids
      .max(limits.ids)
      .optional()
      .describe('Recommend only these items. Those that the model does not know are skipped.'),
    filter: filter.optional(),
    diversity: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('How much to prefer items unlike those before them in the list. Default 0.'),
    fallback: z
      .enum(['popular', 'none', 'error'])
      .optional()
      .describe(
        'What a history gets of which the model knows no item. Default popular, or none where the model does not know what is popular.',
      ),
  })
  .refine(({ history, user }) => (history === undefined) !== (user === undefined), 'give either history or user')
  .refine(
    ({ history, times }) => times === undefined || times.length === history?.length,
    'times must have a number for each item of history',
  )
  .meta({ examples: [examples.request] });

const item = z.strictObject({
  item: id,
  score: z.number().describe('Higher is better; comparable within one list only.'),
});

const recommended = {
  items: z.array(item).describe('Best first; fewer than k where fewer are left to choose from.'),
  unknownItems: z.int().describe('Items of the history that the model does not know, which were skipped.'),
  fallback: z.boolean().describe('Whether the model knew no item of the history.'),
};
const modelVersion = z.string().describe('Version of the model that answered.');

export const recommendAnswerSchema = z
  .strictObject({ ...recommended, modelVersion })
  .meta({ description: 'The list.', examples: [examples.answer] });

const problem = z.strictObject({
  code: z.string().describe('What is wrong, for programs; it does not change.'),
  message: z.string().describe('What is wrong, for people.'),
});

export const batchRequestSchema = z
  .strictObject({
    requests: z.array(recommendRequestSchema).min(1).max(limits.batch),
  })
  .meta({ examples: [{ requests: [examples.request, { user: 'ann' }] }] });
export const batchAnswerSchema = z
  .strictObject({
    results: z
      .array(z.union([recommendAnswerSchema, z.strictObject({ error: problem })]))
      .describe('One for each request, in their order.'),
  })
  .meta({ description: 'The lists.', examples: [{ results: [examples.answer, examples.error] }] });

export const similarParamsSchema = z.strictObject({ id: text.meta({ description: 'An item.', examples: ['296'] }) });
export const similarQuerySchema = z.strictObject({
  k: z.coerce.number().int().min(1).max(limits.k).optional().describe('How many items at most. Default 10.'),
});
const { modelVersion: version } = examples.answer;
export const similarAnswerSchema = z.strictObject({ items: z.array(item), modelVersion }).meta({
  description: 'The items, the most similar first, without the item itself.',
  examples: [
    {
      items: [
        { item: '593', score: 0.83 },
        { item: '50', score: 0.81 },
      ],
      modelVersion: version,
    },
  ],
});

export const eventRequestSchema = z
  .strictObject({
    user: text.describe('Who did it.'),
    item: id,
    time: seconds.optional().describe('When it happened, in seconds. Default now.'),
    id: text.optional().describe('An id of this event: one that comes again is not recorded twice.'),
  })
  .meta({ examples: [{ user: 'ann', item: '296', time: 1_790_000_000, id: 'order-7-296' }] });
export const eventAnswerSchema = z
  .strictObject({
    recorded: z.boolean().describe('False if an event with this id was recorded before.'),
  })
  .meta({ description: 'The event is in the store.', examples: [{ recorded: true }] });

export const modelRequestSchema = z
  .strictObject({
    path: text
      .optional()
      .describe('A run directory, checkpoint or saved model in the folder of models. Default the path that is served.'),
    rollback: z.literal(true).optional().describe('Go back to the model before the current one.'),
  })
  .refine(({ path, rollback }) => path === undefined || rollback === undefined, 'give either path or rollback')
  .meta({ examples: [{ path: 'movies-2' }] });

export const modelAnswerSchema = z
  .strictObject({
    version: z.string().describe('Its directory, and the start of the sha256 of its checksums.'),
    kind: z.string().describe('Name of the kind of model, such as SASRec.'),
    items: z.int().describe('Size of the catalog.'),
    maxLength: z.int().describe('How many of the newest items of a history the model sees.'),
    usesTimes: z.boolean().describe('Whether requests with a history need times.'),
    attributes: z.array(z.string()).describe('Attributes of the items, which filters may use.'),
    loadedAt: z.string().describe('When it began to answer, ISO 8601.'),
    previousVersion: z.string().optional().describe('What a rollback goes back to.'),
  })
  .meta({
    description: 'The model that answers.',
    examples: [
      {
        version,
        kind: 'SASRec',
        items: 3416,
        maxLength: 50,
        usesTimes: false,
        attributes: ['genres', 'year'],
        loadedAt: '2026-01-31T12:00:00.000Z',
      },
    ],
  });

export const healthSchema = z
  .strictObject({ status: z.string(), reason: z.string().optional().describe('Why not, where it is not ready.') })
  .meta({ description: 'How it is.', examples: [{ status: 'ready' }] });

export const errorSchema = z
  .strictObject({
    error: problem.extend({
      issues: z
        .array(z.strictObject({ path: z.string(), message: z.string() }))
        .optional()
        .describe('What does not fit the schema, and where.'),
    }),
  })
  .meta({ examples: [examples.error] });

/** A condition on an attribute of items: a value, a list of values of which any will do, or a range. */
export type Condition = z.output<typeof condition>;
/** Conditions by attribute, all of which must hold. */
export type ItemFilter = z.output<typeof filter>;
/** Body of `POST /v1/recommend`. */
export type RecommendRequest = z.input<typeof recommendRequestSchema>;
/** Answer of `POST /v1/recommend`. */
export type RecommendAnswer = z.output<typeof recommendAnswerSchema>;
/** Body of `POST /v1/recommend/batch`. */
export type BatchRequest = z.input<typeof batchRequestSchema>;
/** Answer of `POST /v1/recommend/batch`. */
export type BatchAnswer = z.output<typeof batchAnswerSchema>;
/** Answer of `GET /v1/items/{id}/similar`. */
export type SimilarAnswer = z.output<typeof similarAnswerSchema>;
/** Body of `POST /v1/events`. */
export type EventRequest = z.input<typeof eventRequestSchema>;
/** Answer of `POST /v1/events`. */
export type EventAnswer = z.output<typeof eventAnswerSchema>;
/** Body of `POST /v1/model`. */
export type ModelRequest = z.input<typeof modelRequestSchema>;
/** Answer of `GET /v1/model` and `POST /v1/model`. */
export type ModelAnswer = z.output<typeof modelAnswerSchema>;
