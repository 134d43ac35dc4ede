"""A recommender behind FastAPI and onnxruntime, as such services are made: the peer of `pnpm record:service`.

    pip install fastapi uvicorn uvloop httptools onnxruntime numpy
    recsys export RUN --to onnx --output movies.onnx
    python serve.py movies.onnx --port 8000 --workers 2
    curl localhost:8000/recommend -H 'content-type: application/json' -d '{"history": ["296", "318"], "k": 5}'

Each worker is a process with a session of its own. Requests that come while it works are scored together, which is
faster than one by one. Beyond --limit requests at a time a worker answers 503.
"""

import argparse
import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

Id = str | int


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")
    history: list[Id] = Field(min_length=1, max_length=1000)
    k: int = Field(10, ge=1, le=1000)


class Item(BaseModel):
    item: Id
    score: float


class Answer(BaseModel):
    items: list[Item]


class Recommender:
    """Scores histories in a thread beside the event loop; onnxruntime lets go of the lock of Python meanwhile."""

    def __init__(self, path: str, threads: int, max_batch: int) -> None:
        self.ids: list[Id] = json.loads(Path(path).with_suffix(".ids.json").read_text(encoding="utf-8"))
        self.index = {str(item): i for i, item in enumerate(self.ids, start=1)}  # 0 is the pad
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would take the cores
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.max_batch = max(1, min(max_batch, 4_000_000 // len(self.ids)))  # scores of a batch take at most 16 MB
        self.waiting: asyncio.Queue[tuple[list[int], int, asyncio.Future]] = asyncio.Queue()

    def score(self, histories: list[list[int]], k: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the best k scores and items of each history."""
        padded = np.zeros((len(histories), max(map(len, histories))), dtype=np.int64)
        for row, items in zip(padded, histories):
            row[len(row) - len(items) :] = items  # pads come first
        return self.session.run(["top_scores", "top_items"], {"history": padded, "k": np.array([k], dtype=np.int64)})

    async def work(self) -> None:
        """Scores what waits, again and again."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.waiting.get()]
            while len(batch) < self.max_batch and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            try:
                most = max(k for _, k, _ in batch)
                scores, items = await loop.run_in_executor(self.thread, self.score, [own for own, _, _ in batch], most)
            except Exception as error:  # noqa: BLE001, each request gets it
                for _, _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, k, future), own_scores, own_items in zip(batch, scores, items):
                if not future.done():
                    future.set_result((own_scores[:k].tolist(), own_items[:k].tolist()))

    async def recommend(self, history: list[Id], k: int) -> list[Item]:
        known = [self.index[str(item)] for item in history if str(item) in self.index]
        if not known:
            raise HTTPException(422, "the model knows no item of this history")
        future = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((known, k, future))
        scores, items = await future
        return [
            Item.model_construct(item=self.ids[item - 1], score=score)
            for score, item in zip(scores, items)
            if score > float("-inf")  # there were fewer than k items that the history has not seen
        ]


def create_app() -> FastAPI:
    """Makes the application of one worker."""
    settings = json.loads(os.environ["SERVE_SETTINGS"])
    recommender = Recommender(settings["model"], settings["threads"], settings["max_batch"])

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        worker = asyncio.create_task(recommender.work())
        yield
        worker.cancel()

    app = FastAPI(title="Recommendations", lifespan=lifespan)

    @app.post("/recommend")
    async def recommend(request: Request) -> Answer:
        return Answer.model_construct(items=await recommender.recommend(request.history, request.k))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="an ONNX file, with its .ids.json beside it")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes, each with a session (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads that compute in each worker (default 1)")
    parser.add_argument("--max-batch", type=int, default=64, help="most requests scored together, fewer with more than 62,500 items (default 64)")
    parser.add_argument("--limit", type=int, default=1024, help="most requests at a time in a worker (default 1024)")
    given = parser.parse_args()
    os.environ["SERVE_SETTINGS"] = json.dumps(
        {"model": given.model, "threads": given.threads, "max_batch": given.max_batch}
    )
    uvicorn.run(
        "serve:create_app",
        factory=True,
        app_dir=str(Path(__file__).parent),
        host="127.0.0.1",
        port=given.port,
        workers=given.workers,
        loop="uvloop",
        http="httptools",
        limit_concurrency=given.limit,
        access_log=False,
        log_level="error",  # one line for each 503 would cost more than the 503,
    )
