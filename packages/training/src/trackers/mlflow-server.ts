/** An answer of an MLflow server that says no: asking again would not help. */
export class MlflowRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The part of a run that the server tells. */
export interface MlflowRunInfo {
  readonly info: { readonly run_id: string; readonly artifact_uri?: string; readonly lifecycle_stage?: string };
  readonly data?: {
    readonly metrics?: readonly { readonly key: string; readonly step?: number | string }[];
    readonly params?: readonly { readonly key: string }[];
  };
}

interface ServerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds that a request may take. */
  readonly timeout: number;
}

/** An MLflow server by its REST API, version 2.0. Requests throw `MlflowRefusal`, or what `fetch` throws when there is no usable answer. */
export class MlflowServer {
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Returns the id of an experiment, which is made if there is none of that name. */
  async experiment(name: string): Promise<string> {
    const find = async () => {
      const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
      const { experiment } = await this.#call<{ experiment: { experiment_id: string } }>('GET', query);
      return experiment.experiment_id;
    };
    try {
      return await find();
    } catch (error) {
      if (!isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
    }
    try {
      return (await this.#call<{ experiment_id: string }>('POST', 'experiments/create', { name })).experiment_id;
    } catch (error) {
      if (!isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
      return find(); // another process was faster
    }
  }

  async createRun(run: object): Promise<MlflowRunInfo> {
    return (await this.#call<{ run: MlflowRunInfo }>('POST', 'runs/create', run)).run;
  }

  /** Returns a run with the newest value of each of its metrics; undefined when it is gone. */
  async findRun(id: string): Promise<MlflowRunInfo | undefined> {
    try {
      const { run } = await this.#call<{ run: MlflowRunInfo }>('GET', `runs/get?run_id=${encodeURIComponent(id)}`);
      return run.info.lifecycle_stage === 'deleted' ? undefined : run;
    } catch (error) {
      if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
      throw error;
    }
  }

  async post(path: 'runs/log-batch' | 'runs/set-tag' | 'runs/update', body: object): Promise<void> {
    await this.#call('POST', path, body);
  }

  /** Uploads a file through the server. @param path below the root of the artifacts that the server keeps. */
  async putArtifact(path: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const type = { 'content-type': 'application/octet-stream' };
    await this.#fetch(`/api/2.0/mlflow-artifacts/artifacts/${encoded}`, {
      method: 'PUT',
      body: content,
      headers: type,
    });
  }

  async #call<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const sent = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await this.#fetch(`/api/2.0/mlflow/${path}`, { method, ...sent });
    return (await response.json()) as Answer;
  }

  async #fetch(path: string, request: RequestInit): Promise<Response> {
    const { url, headers, timeout } = this.#options;
    const response = await fetch(url + path, {
      ...request,
      headers: { ...headers, ...(request.headers as Record<string, string> | undefined) },
      signal: AbortSignal.timeout(timeout),
    });
    if (response.ok) return response;
    const text = await response.text();
    // The server is busy, restarts, or stands behind a proxy that has lost it.
    if (response.status >= 500 || response.status === 408 || response.status === 429)
      throw new Error(`HTTP ${response.status}`);
    const { error_code: code = `HTTP ${response.status}`, message = '' } = parsed(text);
    throw new MlflowRefusal(code, `${code}${message === '' ? '' : `: ${message}`}`);
  }
}

const isRefusal = (error: unknown, code: string): boolean => error instanceof MlflowRefusal && error.code === code;

const parsed = (text: string): { error_code?: string; message?: string } => {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
};
