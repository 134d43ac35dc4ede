"""Serves a model that `recsys export RUN --to onnx --output movies.onnx` wrote, with onnxruntime and the standard library.

    pip install onnxruntime numpy
    python serve_onnx.py movies.onnx --port 8000
    curl localhost:8000/recommend -d '{"history": ["296", "318"], "k": 5}'
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime as ort


class Recommender:
    """Recommends items in the ids of the catalog, which are in NAME.ids.json beside NAME.onnx."""

    def __init__(self, path: str) -> None:
        self.ids = json.loads(Path(path).with_suffix(".ids.json").read_text(encoding="utf-8"))
        self.index = {str(item): i for i, item in enumerate(self.ids, start=1)}  # 0 is the pad
        self.session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])

    def recommend(self, histories: list[list], k: int) -> list[list[dict]]:
        """Returns the best k items for each history, oldest item first. Items that the model does not know are skipped."""
        known = [[self.index[str(item)] for item in history if str(item) in self.index] for history in histories]
        if not all(known):
            raise ValueError("a history has no item that the model knows")
        length = max(map(len, known))
        padded = np.zeros((len(known), length), dtype=np.int64)
        for row, items in zip(padded, known):
            row[length - len(items) :] = items  # pads come first
        scores, items = self.session.run(
            ["top_scores", "top_items"], {"history": padded, "k": np.array([k], dtype=np.int64)}
        )
        return [
            [
                {"item": self.ids[item - 1], "score": float(score)}
                for item, score in zip(row_items, row_scores)
                if np.isfinite(score)  # there were fewer than k items that the history has not seen
            ]
            for row_items, row_scores in zip(items, scores)
        ]


def handler_for(recommender: Recommender) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("Content-Length", 0))
                if not 0 < length <= 1_000_000:
                    raise ValueError("the body must have 1 to 1,000,000 bytes")
                request = json.loads(self.rfile.read(length))
                k = int(request.get("k", 10))
                if not 1 <= k <= len(recommender.ids):
                    raise ValueError(f"k must be 1 to {len(recommender.ids)}")
                self.answer(200, {"items": recommender.recommend([request["history"]], k)[0]})
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.answer(400, {"error": str(error)})

        def answer(self, status: int, body: dict) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args) -> None:
            pass

    return Handler


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="an ONNX file, with its .ids.json beside it")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), handler_for(Recommender(options.model)))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
