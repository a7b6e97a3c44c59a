import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { aggregate } from '../legacy/aggregate.ts';
import { LooppLane } from '../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import { AggregateReply, AggregateRequest } from '../loopp/wire/messages.ts';
import { packValues } from '../loopp/wire/observations.ts';
import { MAIN_FILE } from '../src/cli/version.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { EchoClient } from './echo.ts';
import type { Finding, Measurement, Setting } from './measurement.ts';
import { abba, mean, meanRatio, median } from './paired.ts';
import { SMALL, readyRounds } from './rounds.ts';
import { expectSame } from './same.ts';
import { duration, size } from './units.ts';

const SEED = 2;
const ROUNDS = 500;
const BLOCKS = 30;
const CALLS = 200;
/** 400 calls of each side a block. */
const WARM_UP_BLOCKS = 15;

export const looppCall: Measurement = {
  goals: [
    {
      name: 'loopp-call-4x1',
      compared: 'loopp lane, one round a call, to a bare grpc-js echo of the same sizes, p50 of a call',
      unit: 'times',
      limit: 'at most',
      target: 1.5,
    },
  ],
  needsGo: false,
  measure: async (setting) => {
    const lane = new LooppLane(
      { file: process.execPath, args: [MAIN_FILE, 'plugin'], path: process.env['PATH'] },
      { ...HOST_DEFAULTS, batchRounds: 1 },
      () => undefined,
    );
    try {
      await lane.start();
      return [await againstEcho(lane, setting)];
    } finally {
      await lane.close();
    }
  },
};

async function againstEcho(lane: LooppLane, { folder, progress }: Setting): Promise<Finding> {
  progress('checking that the answers are equal');
  const rounds = readyRounds(SMALL, ROUNDS, SEED);
  const outcomes: Outcome[] = [];
  for (const round of rounds) outcomes.push(await lane.aggregate(round));
  expectSame(rounds.map(aggregate), outcomes, 'the loopp lane');
  const requests = rounds.map(requestOf);
  const replyBytes = replyBytesOf(rounds[0], outcomes[0]);
  const server = await startEcho(join(folder, 'echo'), replyBytes);
  const echo = new EchoClient(join(folder, 'echo'));
  try {
    const askLane = p50Of(rounds, (round) => lane.aggregate(round));
    const askEcho = p50Of(requests, (request) => echo.call(request, replyBytes));
    await abba(WARM_UP_BLOCKS, askLane, askEcho, () => undefined);
    const blocks = await abba(BLOCKS, askLane, askEcho, progress);
    const ours = blocks.map(({ first }) => mean(first));
    const bare = blocks.map(({ second }) => mean(second));
    const detail =
      `lane ${duration(mean(ours))}, echo ${duration(mean(bare))} a call of ` +
      `${size(requests[0]?.length ?? 0)} there and ${String(replyBytes)} B back`;
    return { ...meanRatio(ours.map((ns, index) => [ns, bare[index] ?? NaN] as const)), detail };
  } finally {
    echo.close();
    await stop(server);
  }
}

/** The p50 in nanoseconds of the next 200 calls, one after the other. */
function p50Of<T>(questions: readonly T[], ask: (question: T) => Promise<unknown>): () => Promise<number> {
  let next = 0;
  return async () => {
    const times: number[] = [];
    while (times.length < CALLS) {
      const question = questions[next++ % questions.length];
      if (question === undefined) break;
      const start = process.hrtime.bigint();
      await ask(question);
      times.push(Number(process.hrtime.bigint() - start));
    }
    return median(times);
  };
}

/** The bytes that the lane sends for the round. */
function requestOf(round: Round): Buffer {
  const execution = {
    ...round,
    previousOutcome: round.previousOutcome ?? undefined,
    observations: new Map(round.observations.map(({ oracle, values }) => [oracle, packValues(values)])),
  };
  return Buffer.from(AggregateRequest.encode({ executions: [execution] }));
}

function replyBytesOf(round: Round | undefined, answer: Outcome | undefined): number {
  if (round === undefined || answer?.kind !== 'outcome') throw new Error('expected an outcome to measure');
  const result = { id: round.id, outcome: answer.outcome, error: undefined };
  return AggregateReply.encode({ results: [result] }).length;
}

async function startEcho(socket: string, replyBytes: number): Promise<ChildProcess> {
  const server = fork(join(import.meta.dirname, 'echo-server.js'), [socket, String(replyBytes)]);
  const ended = once(server, 'exit').then(() => {
    throw new Error('the echo server ended before it listened');
  });
  await Promise.race([once(server, 'message'), ended]);
  ended.catch(() => undefined);
  return server;
}

/** It ends with the channel to its parent. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
