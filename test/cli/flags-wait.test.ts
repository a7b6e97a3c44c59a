import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { waitForServices } from '../../src/cli/flags/wait.ts';
import type { Waited } from '../../src/cli/flags/wait.ts';
import type { FlagState, RolloutStatus } from '../../src/contract/decision.ts';
import { FixedSource } from '../../src/flags/fixed-source.ts';
import { allIn } from '../../src/flags/shares.ts';
import { FLAG } from '../flags/builders.ts';
import { freePort } from '../helpers/real/port.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A service that answers with each of these in turn, and with the last of them from then on. */
async function service(...answers: readonly (FlagState | number | string)[]): Promise<string> {
  let asked = 0;
  const server = createServer((_, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked++;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else if (typeof answer === 'string') response.end(answer);
    else if (answer !== undefined) response.end(JSON.stringify(statusWith(answer)));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const statusWith = (flag: FlagState): RolloutStatus => ({ flag, workflows: [] });

function state(members: Partial<FlagState>): FlagState {
  return {
    kind: 'unleash',
    name: FLAG,
    polling: 'ready',
    flagAgeMs: 10,
    problem: undefined,
    enabled: true,
    shares: allIn('shadow'),
    revision: '0123456789ab',
    ...members,
  };
}

const SHADOW = state({});
const LIVE = state({ shares: allIn('live') });
const KILLED = state({ enabled: false, shares: allIn('off') });

async function waitFor(url: string, { enabled, shares }: FlagState, timeoutMs: number): Promise<Waited> {
  const awaited = { name: FLAG, enabled: enabled ?? false, shares: shares ?? allIn('off') };
  const [waited] = await waitForServices([url], awaited, { sinceMs: performance.now() - 1000, timeoutMs });
  if (waited === undefined) throw new Error('expected an answer for the service');
  return waited;
}

describe('a service follows', () => {
  test.each([
    ['at once', [LIVE], LIVE],
    ['after some polls', [SHADOW, SHADOW, LIVE], LIVE],
    ['once it can be reached and understood', [503, '{"flag":', '{"flag":{}}', LIVE], LIVE],
    ['while its polls fail, as long as the flag holds', [state({ ...LIVE, polling: 'failing' })], LIVE],
    ['a kill', [SHADOW, KILLED], KILLED],
    ['a kill by being off because its flag is too old', [state({ polling: 'stale' })], KILLED],
    ['a kill by being off because its token is refused', [state({ polling: 'refused' })], KILLED],
  ])('%s', async (_, answers, target) => {
    const { ms } = await waitFor(await service(...answers), target, 60_000);
    // Counted from before the change was written.
    expect(ms).toBeGreaterThanOrEqual(1000);
  });
});

describe('a service does not follow', () => {
  test.each([
    ['it sees other shares', SHADOW, LIVE, 'flag securemint.loopp: shadow 100 %'],
    [
      'it sees the flag switched on still',
      state({ shares: allIn('off') }),
      KILLED,
      'flag securemint.loopp: off 100 %',
    ],
    [
      'its flag is too old',
      state({ ...LIVE, polling: 'stale', problem: 'no answer' }),
      LIVE,
      'flag securemint.loopp: live 100 %, stale: no answer',
    ],
    [
      'it has not heard of the flag',
      state({ polling: 'waiting', enabled: undefined, shares: undefined }),
      KILLED,
      'flag securemint.loopp: no shares, waiting',
    ],
    ['it has another flag', state({ ...LIVE, name: 'other' }), LIVE, 'flag other: live 100 %'],
    ['its stage is fixed', new FixedSource('live').state(), LIVE, 'live 100 %, fixed by its configuration'],
  ])('%s', async (_, answer, target, last) => {
    const url = await service(answer);
    expect(await waitFor(url, target, 120)).toEqual({ service: url, ms: null, last });
  });

  test('it cannot be reached', async () => {
    const port = String(await freePort());
    const { ms, last } = await waitFor(`http://127.0.0.1:${port}`, LIVE, 120);
    expect(ms).toBeNull();
    expect(last).toBe(
      `http://127.0.0.1:${port}/status: expected an answer, got connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  test('which is known at once when it never will', async () => {
    const url = await service(new FixedSource('live').state());
    expect((await waitFor(url, LIVE, 600_000)).ms).toBeNull();
  });
});

test('all services are asked at the same time', async () => {
  const urls = [await service(SHADOW, LIVE), await service(LIVE)];
  const awaited = { name: FLAG, enabled: true, shares: allIn('live') };
  const waited = await waitForServices(urls, awaited, { sinceMs: performance.now(), timeoutMs: 60_000 });
  expect(waited.map(({ service: url }) => url)).toEqual(urls);
  expect(waited.every(({ ms }) => ms !== null)).toBe(true);
});
