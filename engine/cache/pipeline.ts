import type { CacheClient } from './connect.ts';

/** Commands collected and sent as one. */
export type Pipeline = ReturnType<CacheClient['redis']['pipeline']>;

/** What came back for one command of a pipeline. */
export type Reply = [error: Error | null, result: unknown];

/**
 * Send commands as one pipeline. Every reply is checked, because the pipeline as a whole succeeds when single commands fail;
 * the first that failed fails it. All are sent again when the server was lost meanwhile, see {@link CacheClient.attempt}.
 *
 * @param fill    puts the commands in; may be called again.
 * @param onReplies told what came back of each try, errors too.
 * @returns the results in the order of the commands.
 */
export const sendPipeline = (
  client: CacheClient,
  doing: string,
  fill: (pipeline: Pipeline) => void,
  { details, onReplies }: { details?: Readonly<Record<string, unknown>>; onReplies?: (replies: Reply[]) => void } = {},
): Promise<unknown[]> =>
  client.attempt(
    doing,
    async (redis) => {
      const pipeline = redis.pipeline();
      fill(pipeline);
      const sent = pipeline.length;
      const replies = (await pipeline.exec()) ?? [];
      onReplies?.(replies);
      if (replies.length !== sent) throw new Error(`${replies.length} of ${sent} replies came`);
      return replies.map(([error, result]) => {
        if (error) throw error;
        return result;
      });
    },
    details,
  );
