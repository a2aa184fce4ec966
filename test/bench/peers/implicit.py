"""One timed job of the Python package `implicit`, for compare.ts: the same files, start factors and settings as `ours.ts`.

  implicit.py version
  implicit.py train FOLDER --sweeps N --threads N [--out FOLDER]
  implicit.py recommend FOLDER FACTORS --users N --n N --threads N --out FILE

The last line on stdout is JSON. OPENBLAS_NUM_THREADS=1 must be set before: implicit has threads of its own.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

sys.path.pop(0)  # this folder, or `import implicit` would find this file

try:
    import implicit
    import numpy as np
    import scipy.sparse as sp
    from implicit.als import AlternatingLeastSquares
    from implicit.cpu import _als
except ImportError as error:
    sys.exit(f"no module {error.name}")


def main():
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    jobs.add_parser("version").set_defaults(job=version)
    training = jobs.add_parser("train")
    training.add_argument("folder", type=Path)
    training.add_argument("--sweeps", type=int, required=True)
    training.add_argument("--threads", type=int, required=True)
    training.add_argument("--out", type=Path)
    training.set_defaults(job=train)
    lists = jobs.add_parser("recommend")
    lists.add_argument("folder", type=Path)
    lists.add_argument("factors", type=Path)
    lists.add_argument("--users", type=int, required=True)
    lists.add_argument("--n", type=int, required=True)
    lists.add_argument("--threads", type=int, required=True)
    lists.add_argument("--out", type=Path, required=True)
    lists.set_defaults(job=recommend)
    arguments = parser.parse_args()
    print(json.dumps(arguments.job(arguments)))


def version(_):
    return {"implicit": implicit.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}


def train(arguments):
    """Sweeps of three conjugate-gradient steps, implicit's default; its own loss after the last, untimed."""
    meta, confidence = read(arguments.folder)
    by_track = confidence.T.tocsr()
    x = np.load(arguments.folder / "x0.npy")
    y = np.load(arguments.folder / "y0.npy")
    regularization = meta["als"]["regularization"]
    options = {"num_threads": arguments.threads, "cg_steps": 3}
    ends = []
    start, cpu_start = time.perf_counter(), time.process_time()
    for _ in range(arguments.sweeps):
        _als.least_squares_cg(confidence, x, y, regularization, **options)
        _als.least_squares_cg(by_track, y, x, regularization, **options)
        ends.append({"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu_start})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    mean = _als.calculate_loss(confidence, x, y, regularization, num_threads=arguments.threads)
    # implicit divides by the sum of all confidences, those of the pairs that never met included.
    pairs = confidence.shape[0] * confidence.shape[1]
    loss = mean * (confidence.data.sum(dtype=np.float64) + pairs - confidence.nnz)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        np.save(arguments.out / "x.npy", x)
        np.save(arguments.out / "y.npy", y)
    return {"ends": ends, "peakMemoryBytes": memory, "loss": float(loss)}


def recommend(arguments):
    """The best tracks of the first users, those that they have heard left out; a few to warm up, then all of them, timed."""
    _, confidence = read(arguments.folder)
    model = AlternatingLeastSquares(num_threads=arguments.threads, use_gpu=False)
    model.user_factors = np.load(arguments.factors / "x.npy")
    model.item_factors = np.load(arguments.factors / "y.npy")
    for count in (min(2000, arguments.users), arguments.users):
        users, heard = np.arange(count), confidence[:count]
        start = time.perf_counter()
        ids, _ = model.recommend(users, heard, N=arguments.n, filter_already_liked_items=True)
        seconds = time.perf_counter() - start
    np.save(arguments.out, ids.astype("<u4").ravel())
    return {"seconds": seconds}


def read(folder):
    """Sizes and settings, and the confidences c = 1 + alpha * r of users by tracks, as implicit takes them."""
    meta = json.loads((folder / "meta.json").read_text())
    weights = np.load(folder / "weights.npy")
    confidence = (1 + meta["als"]["alpha"] * weights).astype(np.float32)
    indices = np.load(folder / "indices.npy").astype(np.int32)
    indptr = np.load(folder / "indptr.npy").astype(np.int32)
    return meta, sp.csr_matrix((confidence, indices, indptr), shape=(meta["users"], meta["tracks"]))


main()
