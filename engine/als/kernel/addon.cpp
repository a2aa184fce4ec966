// What JavaScript sees of the kernel. Arguments are checked on the other side of this border, in engine/als/native.ts, and
// taken as they are here. Long work runs off the main thread and settles a promise; its arguments are kept alive meanwhile.
#include <napi.h>

#include <chrono>
#include <functional>
#include <numeric>
#include <string>

#include "blend-block.h"
#include "fixed-side.h"
#include "gram-matrix.h"
#include "peak.h"
#include "track-index.h"
#include "packed-tracks.h"

#if defined(__x86_64__)
extern const InstructionSet avx512, avx2;
extern const Retrieval avx512Retrieval, avx2Retrieval;
extern const Blending avx512Blending, avx2Blending;
extern const MultiplyAdds avx512Peak, avx2Peak;
#endif
extern const InstructionSet portable;
extern const Retrieval portableRetrieval;
extern const Blending portableBlending;
extern const MultiplyAdds portablePeak;

namespace {

struct Kernel {
  const char* name;
  const InstructionSet& rows;
  const Retrieval& retrieval;
  const Blending& blending;
  MultiplyAdds multiplyAdds;
};

const Kernel* kernelNamed(const std::string& name) {
#if defined(__x86_64__)
  static const Kernel wide = {"avx512", avx512, avx512Retrieval, avx512Blending, avx512Peak};
  static const Kernel narrow = {"avx2", avx2, avx2Retrieval, avx2Blending, avx2Peak};
#if defined(KERNEL_EMULATE)
  if (name == wide.name) return &wide;
#else
  if (name == wide.name && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return &wide;
#endif
  if (name == narrow.name && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &narrow;
#endif
  static const Kernel anywhere = {"portable", portable, portableRetrieval, portableBlending, portablePeak};
  return name == anywhere.name ? &anywhere : nullptr;
}

/** Runs `work` off the main thread, then settles a promise with what `answer` makes of it, or with what was thrown. */
class Task : public Napi::AsyncWorker {
 public:
  using Work = std::function<void()>;
  using Answer = std::function<Napi::Value(Napi::Env)>;

  static Napi::Value run(const Napi::CallbackInfo& info, Work work, Answer answer) {
    auto* task = new Task(info, std::move(work), std::move(answer));
    task->Queue();
    return task->deferred_.Promise();
  }

 private:
  Task(const Napi::CallbackInfo& info, Work work, Answer answer)
      : Napi::AsyncWorker(info.Env()), work_(std::move(work)), answer_(std::move(answer)), deferred_(info.Env()) {
    Napi::Array arguments = Napi::Array::New(info.Env(), info.Length());
    for (uint32_t i = 0; i < info.Length(); i++) arguments.Set(i, info[i]);
    kept_ = Napi::Persistent(arguments.As<Napi::Object>());
  }
  void Execute() override { work_(); }
  void OnOK() override { deferred_.Resolve(answer_(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  Work work_;
  Answer answer_;
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference kept_;
};

/** The arguments of a call, read one after the other. */
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}
  const Kernel& kernel() { return *kernelNamed(next().ToString().Utf8Value()); }
  const InstructionSet& set() { return kernel().rows; }
  int64_t whole() { return next().ToNumber().Int64Value(); }
  double number() { return next().ToNumber().DoubleValue(); }
  template <class T> T* array() { return elements<T>(next()); }
  template <class T> T* arrayOrNull() {
    const Napi::Value value = next();
    return value.IsTypedArray() ? elements<T>(value) : nullptr;
  }
  Csr csr() {
    const Napi::Object csr = next().ToObject();
    return {csr.Get("rows").ToNumber().Int64Value(), elements<uint32_t>(csr.Get("indptr")),
            elements<uint32_t>(csr.Get("indices")), elements<float>(csr.Get("weights"))};
  }
  Objective objective() {
    const Napi::Object options = next().ToObject();
    const auto number = [&](const char* name) { return options.Get(name).ToNumber().DoubleValue(); };
    return {options.Get("objective").ToString().Utf8Value() == "hkv", number("alpha"), number("regularization"),
            number("unobservedWeight")};
  }
  Control control() { return {array<int32_t>()}; }
  template <class T> const T& external() { return *next().As<Napi::External<T>>().Data(); }

 private:
  Napi::Value next() { return info_[at_++]; }
  template <class T> static T* elements(const Napi::Value& value) {
    const auto typed = value.As<Napi::TypedArray>();
    return reinterpret_cast<T*>(static_cast<uint8_t*>(typed.ArrayBuffer().Data()) + typed.ByteOffset());
  }
  const Napi::CallbackInfo& info_;
  size_t at_ = 0;
};

/** supports(set): can this machine run it? */
Napi::Value supports(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), kernelNamed(info[0].ToString().Utf8Value()) != nullptr);
}

/** gram(set, Y, rows, k, threads, G): fills G. */
Napi::Value gram(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const InstructionSet& set = from.set();
  const float* Y = from.array<float>();
  const int64_t rows = from.whole();
  const int k = static_cast<int>(from.whole()), threads = static_cast<int>(from.whole());
  double* G = from.array<double>();
  return Task::run(info, [=, &set] { gramMatrix(set, Y, rows, k, threads, G); },
                   [](Napi::Env env) { return env.Undefined(); });
}

/** How a half sweep ended. */
struct Outcome {
  SolveResult result;
  double brokenPivot = 0;
  Napi::Value toObject(Napi::Env env) const {
    Napi::Object object = Napi::Object::New(env);
    object.Set("loss", result.loss);
    object.Set("ridge", result.ridge);
    object.Set("brokenRow", static_cast<double>(result.brokenRow));
    object.Set("brokenPivot", brokenPivot);
    return object;
  }
};

/** halfSweep(set, csr, fixed, others, G, k, objective, steps, threads, control, solved): improves `solved`. */
Napi::Value halfSweep(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const InstructionSet& set = from.set();
  const Csr csr = from.csr();
  const float* fixed = from.array<float>();
  const int64_t others = from.whole();
  const double* G = from.array<double>();
  const int k = static_cast<int>(from.whole());
  const Objective objective = from.objective();
  const int steps = static_cast<int>(from.whole()), threads = static_cast<int>(from.whole());
  const Control control = from.control();
  float* solved = from.array<float>();
  auto outcome = std::make_shared<Outcome>();
  return Task::run(
      info,
      [=, &set] {
        const double meanEntries = static_cast<double>(csr.entries()) / static_cast<double>(std::max<int64_t>(1, csr.rows));
        const FixedSide side(set, fixed, others, G, k, objective, meanEntries, threads, control);
        outcome->brokenPivot = side.brokenPivot();
        if (side.brokenPivot() == 0) outcome->result = side.solve(csr, solved, steps, threads, control);
      },
      [=](Napi::Env env) { return outcome->toObject(env); });
}

/** Something of ours that JavaScript keeps, and collects in time only if it knows how large it is. */
template <class T> Napi::Value kept(Napi::Env env, T* p) {
  Napi::MemoryManagement::AdjustExternalMemory(env, p->bytes());
  return Napi::External<T>::New(env, p, [](Napi::Env env, T* p) {
    Napi::MemoryManagement::AdjustExternalMemory(env, -p->bytes());
    delete p;
  });
}

/** prepare(set, fixed, others, G, k, objective, meanEntries, threads, control): { side, brokenPivot } for `solve`. */
Napi::Value prepare(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const InstructionSet& set = from.set();
  const float* fixed = from.array<float>();
  const int64_t others = from.whole();
  const double* G = from.array<double>();
  const int k = static_cast<int>(from.whole());
  const Objective objective = from.objective();
  const double meanEntries = from.number();
  const int threads = static_cast<int>(from.whole());
  const Control control = from.control();
  auto side = std::make_shared<std::unique_ptr<FixedSide>>();
  return Task::run(
      info,
      [=, &set] { *side = std::make_unique<FixedSide>(set, fixed, others, G, k, objective, meanEntries, threads, control); },
      [=](Napi::Env env) {
        Napi::Object object = Napi::Object::New(env);
        object.Set("brokenPivot", (*side)->brokenPivot());
        object.Set("side", kept(env, side->release()));
        return object;
      });
}

/** solve(side, csr, threads, control, x): folds in every row, exactly. */
Napi::Value solve(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const FixedSide& side = from.external<FixedSide>();
  const Csr csr = from.csr();
  const int threads = static_cast<int>(from.whole());
  const Control control = from.control();
  float* x = from.array<float>();
  auto outcome = std::make_shared<Outcome>();
  return Task::run(info, [=, &side] { outcome->result = side.solve(csr, x, 0, threads, control); },
                   [=](Napi::Env env) { return outcome->toObject(env); });
}

/** solveNow(side, csr, x): the same on this thread, for one or a few rows. Returns the first row that is not finite, or −1. */
Napi::Value solveNow(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const FixedSide& side = from.external<FixedSide>();
  const Csr csr = from.csr();
  return Napi::Number::New(info.Env(), static_cast<double>(side.solve(csr, from.array<float>(), 0, 1, {}).brokenRow));
}

/** extrapolate(x, before, length, beta, threads): x + β(x − before) into x, and x as it was into `before`. */
Napi::Value extrapolate(const Napi::CallbackInfo& info) {
  Arguments from(info);
  float* x = from.array<float>();
  float* before = from.array<float>();
  const int64_t length = from.whole();
  const float beta = static_cast<float>(from.number());
  const int threads = static_cast<int>(from.whole());
  return Task::run(
      info,
      [=] {
        inChunks(length, 1 << 16, threads, {}, [=](int64_t first, int64_t last) {
          for (int64_t i = first; i < last; i++) {
            const float now = x[i];
            x[i] = now + beta * (now - before[i]);
            before[i] = now;
          }
        });
      },
      [](Napi::Env env) { return env.Undefined(); });
}

/** prepareScores(set, Y, tracks, k, threads): the tracks for `score`; Y need not be kept. */
Napi::Value prepareScores(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const InstructionSet& set = from.set();
  const float* Y = from.array<float>();
  const int64_t tracks = from.whole();
  const int k = static_cast<int>(from.whole()), threads = static_cast<int>(from.whole());
  auto packed = std::make_shared<std::unique_ptr<PackedTracks>>();
  return Task::run(info, [=, &set] { *packed = std::make_unique<PackedTracks>(set, Y, tracks, k, threads); },
                   [=](Napi::Env env) { return kept(env, packed->release()); });
}

/** score(packed, X, count, threads, control, S): fills S [count × tracks]. */
Napi::Value score(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const PackedTracks& packed = from.external<PackedTracks>();
  const float* X = from.array<float>();
  const int64_t count = from.whole();
  const int threads = static_cast<int>(from.whole());
  const Control control = from.control();
  float* S = from.array<float>();
  return Task::run(info, [=, &packed] { packed.score(X, count, S, threads, control); },
                   [](Napi::Env env) { return env.Undefined(); });
}

/**
 * blendBlock(set, C, A, count, tracks, trust, trusts, evidence, fewest, n, heardStarts, heard, threads, control, rows, scores,
 * lengths): blends into C and fills the last three. `trusts` may be undefined.
 */
Napi::Value blended(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const Blending& blending = from.kernel().blending;
  float* C = from.array<float>();
  const float* A = from.array<float>();
  const int64_t count = from.whole(), tracks = from.whole();
  const float* trust = from.array<float>();
  const float* trusts = from.arrayOrNull<float>();
  const uint8_t* evidence = from.array<uint8_t>();
  const int64_t fewest = from.whole();
  const int n = static_cast<int>(from.whole());
  const uint32_t* heardStarts = from.array<uint32_t>();
  const uint32_t* heard = from.array<uint32_t>();
  const int threads = static_cast<int>(from.whole());
  const Control control = from.control();
  uint32_t* rows = from.array<uint32_t>();
  float* scores = from.array<float>();
  uint32_t* lengths = from.array<uint32_t>();
  return Task::run(
      info,
      [=, &blending] {
        blendBlock(blending, {trust, evidence, tracks}, trusts, fewest, count, n, heardStarts, heard, C, A,
                   {rows, scores, lengths}, threads, control);
      },
      [](Napi::Env env) { return env.Undefined(); });
}

/**
 * prepareIndex(set, Y, tracks, k, usual, listeners, threads): { index, brokenTrack } for `topN`; Y must be kept as long as the
 * index, `usual` need not.
 */
Napi::Value prepareIndex(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const Kernel& kernel = from.kernel();
  const float* Y = from.array<float>();
  const int64_t tracks = from.whole();
  const int k = static_cast<int>(from.whole());
  const float* usual = from.array<float>();
  const int64_t listeners = from.whole();
  const int threads = static_cast<int>(from.whole());
  auto index = std::make_shared<std::unique_ptr<TrackIndex>>();
  return Task::run(info, [=, &kernel] {
    *index = std::make_unique<TrackIndex>(kernel.rows, kernel.retrieval, Y, tracks, k, usual, listeners, threads);
  },
                   [=](Napi::Env env) {
                     Napi::Object object = Napi::Object::New(env);
                     object.Set("brokenTrack", static_cast<double>((*index)->brokenTrack()));
                     object.Set("index", kept(env, index->release()));
                     return object;
                   });
}

/**
 * topN(index, X, count, n, heardStarts, heard, allow, threads, control, rows, scores, lengths): fills the last three;
 * resolves with the first listener whose factor is not finite, or −1. `heardStarts` and `allow` may be undefined.
 */
Napi::Value topN(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const TrackIndex& index = from.external<TrackIndex>();
  const float* X = from.array<float>();
  const int64_t count = from.whole();
  const int n = static_cast<int>(from.whole());
  const uint32_t* heardStarts = from.arrayOrNull<uint32_t>();
  const uint32_t* heard = from.arrayOrNull<uint32_t>();
  const uint8_t* allow = from.arrayOrNull<uint8_t>();
  const int threads = static_cast<int>(from.whole());
  const Control control = from.control();
  uint32_t* rows = from.array<uint32_t>();
  float* scores = from.array<float>();
  uint32_t* lengths = from.array<uint32_t>();
  auto broken = std::make_shared<int64_t>(-1);
  return Task::run(
      info,
      [=, &index] {
        *broken = index.topN(X, count, n, {heardStarts, heard, allow}, {rows, scores, lengths}, threads, control);
      },
      [=](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(*broken)); });
}

/**
 * peak(set, threads, milliseconds): the most operations a second that all threads together can do. Of many short bursts the
 * fastest counts: what else runs on the machine slows them down, and nothing speeds them up.
 */
Napi::Value peak(const Napi::CallbackInfo& info) {
  Arguments from(info);
  const MultiplyAdds multiplyAdds = from.kernel().multiplyAdds;
  const int threads = static_cast<int>(from.whole());
  const double milliseconds = from.number();
  auto best = std::make_shared<double>(0);
  return Task::run(
      info,
      [=] {
        using Clock = std::chrono::steady_clock;
        const auto since = [](Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); };
        const auto start = Clock::now();
        int64_t rounds = 100000;
        do {
          std::vector<double> operations(static_cast<size_t>(threads));
          const auto begin = Clock::now();
          inChunks(threads, 1, threads, {}, [&](int64_t thread, int64_t) {
            float sum;
            operations[static_cast<size_t>(thread)] = multiplyAdds(rounds, &sum);
          });
          const double seconds = since(begin);
          *best = std::max(*best, std::accumulate(operations.begin(), operations.end(), 0.0) / seconds);
          if (seconds < 0.002) rounds *= 2;  // a burst is to last much longer than starting its threads
        } while (since(start) * 1000 < milliseconds);
      },
      [=](Napi::Env env) { return Napi::Number::New(env, *best); });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("supports", supports);
  add("gram", gram);
  add("halfSweep", halfSweep);
  add("prepare", prepare);
  add("solve", solve);
  add("solveNow", solveNow);
  add("extrapolate", extrapolate);
  add("prepareScores", prepareScores);
  add("score", score);
  add("blendBlock", blended);
  add("prepareIndex", prepareIndex);
  add("topN", topN);
  add("peak", peak);
  exports.Set("sources", KERNEL_SOURCES);
  return exports;
}

}  // namespace

NODE_API_MODULE(dubplate, init)
