import { useEffect, useState } from 'preact/hooks';

/** Asks the server; an error has its words. */
const ask = async <Answer>(
  path: string,
  { body, signal }: { body?: object; signal?: AbortSignal } = {},
): Promise<Answer> => {
  const request: RequestInit =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(path, { ...request, ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error('the studio does not answer; has it ended?');
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer as Answer;
  throw new Error(answer?.error?.message ?? `the studio answered ${response.status}`);
};

/** An answer, the one before it as long as there is none, or why there is none. */
export interface Asked<Answer> {
  readonly answer: Answer | undefined;
  readonly problem: string | undefined;
  /** Whether the answer is still that to the question before. */
  readonly isWaiting: boolean;
}

/** Asks the server again whenever the question changes; undefined asks nothing. */
export const useAnswer = <Answer>(question: { path: string; body?: object } | undefined): Asked<Answer> => {
  const key = question && JSON.stringify(question);
  const [asked, setAsked] = useState<Asked<Answer> & { key: string | undefined }>({
    key: undefined,
    answer: undefined,
    problem: undefined,
    isWaiting: false,
  });
  useEffect(() => {
    if (question === undefined) {
      setAsked({ key, answer: undefined, problem: undefined, isWaiting: false });
      return;
    }
    const controller = new AbortController();
    setAsked((before) => ({ ...before, isWaiting: true }));
    const { path, body } = question;
    ask<Answer>(path, { signal: controller.signal, ...(body && { body }) }).then(
      (answer) => setAsked({ key, answer, problem: undefined, isWaiting: false }),
      ({ message }: Error) => {
        if (!controller.signal.aborted) setAsked({ key, answer: undefined, problem: message, isWaiting: false });
      },
    );
    return () => controller.abort();
  }, [key]);
  return key === asked.key ? asked : { ...asked, isWaiting: key !== undefined };
};

/** Returns an address with a query. */
export const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(query)}`;
