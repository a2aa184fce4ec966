import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Float32 values with their sizes, as they go into and come out of a graph. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A graph that is ready to run. */
export interface Session {
  run(inputs: Readonly<Record<string, Values>>): Promise<Record<string, Values>>;
  close(): Promise<void>;
}

/**
 * Load an ONNX graph into ONNX Runtime: CPU, always two threads (the split of a sum over threads decides its last bits,
 * so a fixed number makes runs repeat bit for bit), which sleep while they wait instead of burning the other core.
 */
export async function openSession(onnx: Uint8Array): Promise<Session> {
  const session = await InferenceSession.create(onnx, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 2,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return {
    async run(inputs) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(inputs)) feeds[name] = new Tensor('float32', data, shape);
      const fetched = await session.run(feeds);
      const outputs: Record<string, Values> = {};
      for (const [name, { data, dims }] of Object.entries(fetched)) {
        if (!(data instanceof Float32Array)) throw new Error(`Output ${name} is not float32`);
        outputs[name] = { data, shape: dims };
      }
      return outputs;
    },
    close: () => session.release(),
  };
}
