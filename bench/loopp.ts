import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { aggregate } from '../legacy/aggregate.ts';
import { LooppLane } from '../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import { AggregateReply, AggregateRequest } from '../loopp/wire/messages.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import { OWN_PLUGIN, ROUNDS, compareCalls, executionOf, p50Of } from './calls.ts';
import { EchoClient } from './echo.ts';
import type { Finding, Measurement, Setting } from './measurement.ts';
import { SMALL, readyRounds } from './rounds.ts';
import { expectSame } from './same.ts';
import { duration, size } from './units.ts';

const SEED = 2;

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
    const lane = new LooppLane(OWN_PLUGIN, { ...HOST_DEFAULTS, batchRounds: 1 }, () => undefined);
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
    const { estimate, first, second } = await compareCalls(
      p50Of(rounds, (round) => lane.aggregate(round)),
      p50Of(requests, (request) => echo.call(request, replyBytes)),
      progress,
    );
    const detail =
      `lane ${duration(first)}, echo ${duration(second)} a call of ` +
      `${size(requests[0]?.length ?? 0)} there and ${String(replyBytes)} B back`;
    return { ...estimate, detail };
  } finally {
    echo.close();
    await stop(server);
  }
}

/** The bytes that the lane sends for the round. */
function requestOf(round: Round): Buffer {
  return Buffer.from(AggregateRequest.encode({ executions: [executionOf(round)] }));
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
