"""The encoder in PyTorch: the same layers, weights, batches and losses as `ours.ts encoder`, for compare-encoder.ts.

  encoder_torch.py version
  encoder_torch.py agree FOLDER --threads N
  encoder_torch.py encoder FOLDER --steps N --threads N

FOLDER holds what encoder-problem.ts wrote. The last line on stdout is JSON.
"""

import argparse
import json
import sys
import time
from pathlib import Path

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as error:
    sys.exit(f"no module {error.name}")

SAMPLES = 49152
WARM_UP = 3


def main():
    parser = argparse.ArgumentParser()
    jobs = parser.add_subparsers(required=True)
    jobs.add_parser("version").set_defaults(job=version)
    for name, job in [("agree", agree), ("encoder", run)]:
        parser_of_job = jobs.add_parser(name)
        parser_of_job.add_argument("folder", type=Path)
        parser_of_job.add_argument("--threads", type=int, required=True)
        parser_of_job.set_defaults(job=job)
    parser_of_job.add_argument("--steps", type=int, required=True)
    arguments = parser.parse_args()
    print(json.dumps(arguments.job(arguments)))


def version(_):
    # Without MKL, PyTorch multiplies matrices with whatever BLAS the system has, and is slower.
    return {"torch": torch.__version__, "python": sys.version.split()[0], "mkl": torch.backends.mkl.is_available()}


def read(folder, name):
    """Tensors by name, from NAME.json (names and shapes) and NAME.f32 (values, one after the other)."""
    values = np.fromfile(folder / f"{name}.f32", dtype="<f4")
    tensors, at = {}, 0
    for entry in json.loads((folder / f"{name}.json").read_text()):
        size = int(np.prod(entry["shape"]))
        tensors[entry["name"]] = torch.from_numpy(values[at : at + size].reshape(entry["shape"]).copy())
        at += size
    return tensors


def problem(arguments):
    torch.set_num_threads(arguments.threads)
    weights = read(arguments.folder, "weights")
    for weight in weights.values():
        weight.requires_grad_(True)
    return weights, read(arguments.folder, "constants"), read(arguments.folder, "batch")


def agree(arguments):
    weights, constants, batch = problem(arguments)
    total = loss(batch, weights, constants)
    total.backward()
    return {"loss": float(total), "gradients": {name: float(w.grad.norm()) for name, w in weights.items()}}


def run(arguments):
    meta = json.loads((arguments.folder / "meta.json").read_text())
    weights, constants, batch = problem(arguments)
    waveforms = torch.from_numpy(np.fromfile(arguments.folder / "waveforms.f32", dtype="<f4").reshape(-1, SAMPLES))

    groups = {}
    for name, weight in weights.items():
        decay = 0.0 if name.endswith(".bias") else 0.01
        groups.setdefault((meta["rates"][name], decay), []).append(weight)
    adam = torch.optim.AdamW(
        [{"params": ws, "lr": 1e-4 * rate, "weight_decay": decay} for (rate, decay), ws in groups.items()],
        betas=(0.9, 0.99),
        eps=1e-8,
    )
    rows = meta["batch"]
    generator = torch.Generator().manual_seed(1)
    for step in range(-WARM_UP, arguments.steps):
        if step == 0:
            clock, cpu = time.perf_counter(), time.process_time()
        first = (step + WARM_UP) * rows
        turned = torch.empty(rows, SAMPLES)
        for i in range(rows):
            start = int(torch.randint(SAMPLES, (1,), generator=generator))
            sign = 1 - 2 * int(torch.randint(2, (1,), generator=generator))
            source = waveforms[(first + i) % len(waveforms)]
            turned[i, : SAMPLES - start] = sign * source[start:]
            turned[i, SAMPLES - start :] = sign * source[:start]
        adam.zero_grad(set_to_none=True)
        loss({**batch, "waveform": turned}, weights, constants).backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 5)
        adam.step()
    training = {"seconds": time.perf_counter() - clock, "cpuSeconds": time.process_time() - cpu}

    with torch.inference_mode():
        for at in range(0, WARM_UP * 32, 32):
            network(waveforms[at : at + 32], weights, constants)
        clock, cpu = time.perf_counter(), time.process_time()
        for at in range(0, len(waveforms), 32):
            network(waveforms[at : at + 32], weights, constants)
    listening = {"seconds": time.perf_counter() - clock, "cpuSeconds": time.process_time() - cpu}
    return {"training": training, "listening": listening}


def loss(batch, w, constants):
    tempo, key, attributes, embedding = network(batch["waveform"], w, constants)
    annotated, known = batch["annotatedWeight"], batch["factorWeight"]
    cross = lambda name, said: -(batch[name] * said * annotated).sum()
    square = lambda name, said, weight: (((said - batch[name]) ** 2).mean(1, keepdim=True) * weight).sum()
    mean_squares = square("attributes", attributes, annotated) + square("embedding", embedding, known)
    return cross("tempo", tempo) + cross("key", key) + 2 * mean_squares


def network(x, w, constants):
    """See engine/audio/network.ts."""
    n = x.shape[0]
    dense = lambda name, rows: torch.addmm(w[f"{name}.bias"], rows, w[f"{name}.weight"])
    hidden = lambda name, rows: F.relu(dense(name, rows))
    power = lambda frames, cosine, sine: (frames @ cosine).square() + (frames @ sine).square()

    mean_square = x.square().mean(1, keepdim=True)
    x = x / (torch.sqrt(mean_square + 1e-9) * 10)
    spectrum = powers(x.unsqueeze(1), 256, w["spectrum.cosine"], w["spectrum.sine"])
    loudness = (torch.log(spectrum + 6e-6) + 7.8) * 0.25
    texture = F.relu(over_frames(loudness, 4, w["texture.weight"]) + w["texture.bias"][:, None])
    around = F.pad(texture, (1, 1))
    onsets = F.relu(F.conv1d(around, kernel_of(3, w["onsets.weight"])) + w["onsets.bias"][:, None])
    steps = onsets.shape[2]
    change = (onsets - onsets.mean(2, keepdim=True)).reshape(n * 12, steps)
    by_channel = power(change, w["modulation.cosine"], w["modulation.sine"]).reshape(n, 12, -1)
    modulations = torch.log(by_channel / (by_channel.mean((1, 2), keepdim=True) + 1e-4) + 0.05)
    pulse = convolve("pulse", modulations, w).transpose(1, 2).reshape(n * 44, 32)
    tempo = F.log_softmax(dense("tempo", pulse).reshape(n, 44) + w["tempo.class.bias"], 1)
    of_change = modulations.reshape(n, 12, 12, 10).mean(3).reshape(n, 144)

    semitones = powers(x.unsqueeze(1), 2048, constants["semitones.cosine"], constants["semitones.sine"])
    tones = ((torch.log(semitones + 6e-5) + 4.8) * 0.3).transpose(1, 2)
    relative = tones - tones.mean(2, keepdim=True)
    circle = lambda name, v: convolve(name, torch.cat([v, v[:, :, :11]], 2), w)
    chords = circle("chords", relative.reshape(n * 47, 6, 12)).reshape(n, 47, 32, 12).mean(1)
    tonics = circle("tonics", chords).transpose(1, 2).reshape(n * 12, 48)
    key = F.log_softmax(dense("key", tonics).reshape(n, 24), 1)
    grouped = relative[:, :44].reshape(n * 11, 4, 72).mean(1, keepdim=True)
    harmonics = convolve("harmonics", grouped, w).reshape(n, 11, 24, 36).mean((1, 3))

    level = (torch.log(mean_square + 1e-6) + 4) * 0.5
    moments = lambda v: [v.mean(2), torch.sqrt(v.var(2, unbiased=False) + 1e-4)]
    summary = torch.cat([level, *moments(loudness), *moments(texture), of_change, tones.mean(1), harmonics], 1)
    features = torch.cat([summary, hidden("sound", summary), tempo.exp(), key.exp()], 1)
    attributes = dense("attributes", features)
    musical = torch.cat([tempo.exp() @ constants["musical.tempo"], key.exp() @ constants["musical.key"], attributes], 1)
    return tempo, key, attributes, dense("embedding.musical", musical) + dense("embedding", features)


def powers(signal, width, cosine, sine):
    return over_frames(signal, width, cosine).square() + over_frames(signal, width, sine).square()


def over_frames(signal, width, weight):
    """Half-overlapping frames through a layer, as a strided convolution: [n, channels, time] -> [n, out, 2m - 1]."""
    whole = signal.shape[2] // width * width
    return F.conv1d(signal[:, :, :whole], kernel_of(width, weight), stride=width // 2)


def kernel_of(width, weight):
    """[width * channels, out] -> [out, channels, width]."""
    return weight.reshape(width, -1, weight.shape[1]).permute(2, 1, 0)


def convolve(name, x, w):
    return F.relu(F.conv1d(x, w[f"{name}.weight"]) + w[f"{name}.bias"])


main()
