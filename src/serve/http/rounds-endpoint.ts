import type { IncomingMessage } from 'node:http';
import type { Served } from '../../../harness/exchange.ts';
import type { LaneErrorKind } from '../../contract/lane.ts';
import type { Round } from '../../contract/round.ts';
import { RoundFormatError, parseRound } from '../../rounds/parse.ts';
import type { OnServed } from '../metrics.ts';
import type { ShadowService, Taken } from '../service.ts';
import { BodyBudget, readBody } from './body.ts';
import type { BodyClaim, BodyRead } from './body.ts';
import { RateLimit } from './rate-limit.ts';
import { RETRY_SOON, json, problem } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Incoming } from './server.ts';
import { checkToken } from './token.ts';

/** How many rounds may be written, and how large. Every limit is in the unit its name ends with. */
export interface RoundsOptions {
  /** Bearer token of whoever may write; undefined: nobody may. */
  readonly token: string | undefined;
  readonly bodyLimitBytes: number;
  /** Of all requests in progress together. */
  readonly bodiesLimitBytes: number;
  readonly roundsPerSecond: number;
  /** Being received or served at the same time. */
  readonly roundsInFlight: number;
  /** Hears of every round that is served: by whom, and how long it took from its last byte on. */
  readonly onServed: OnServed;
}

/** 502: the lane answered something that is no answer. 503: it gave none. */
const STATUS_OF_LANE_ERROR: Readonly<Record<LaneErrorKind, number>> = {
  protocol: 502,
  timeout: 503,
  unavailable: 503,
};

/** `POST /v1/rounds`: takes one round and answers what was served. */
export class RoundsEndpoint {
  private readonly service: ShadowService;
  private readonly options: RoundsOptions;
  private readonly rate: RateLimit;
  private readonly budget: BodyBudget;
  private inProgress = 0;
  private draining = false;

  constructor(service: ShadowService, options: RoundsOptions) {
    this.service = service;
    this.options = options;
    this.rate = new RateLimit(options.roundsPerSecond);
    this.budget = new BodyBudget(options.bodiesLimitBytes);
  }

  /** Takes no further round; those in progress are answered. */
  drain(): void {
    this.draining = true;
  }

  async handle(incoming: Incoming): Promise<Reply | undefined> {
    const refusal = this.refusal(incoming);
    if (refusal !== undefined) return refusal;
    const claim = this.budget.open();
    this.inProgress++;
    try {
      return await this.received(incoming, claim);
    } finally {
      this.inProgress--;
      claim.release();
    }
  }

  /** Why nothing of the body is read. */
  private refusal({ request, crowded }: Incoming): Reply | undefined {
    if (this.draining) return problem(503, 'the service is shutting down', { headers: RETRY_SOON });
    return this.unauthorized(request) ?? unreadable(request) ?? this.tooMuch(request, crowded);
  }

  private unauthorized({ headers }: IncomingMessage): Reply | undefined {
    const { token } = this.options;
    if (token === undefined) {
      return problem(403, 'writes are refused: SECUREMINT_SHADOW_TOKEN is not set where the service runs');
    }
    const check = checkToken(headers.authorization, token);
    if (check === 'right') return undefined;
    const came = check === 'missing' ? 'no bearer token' : 'another token';
    return problem(401, `authorization: expected "Bearer TOKEN" with the service's token, got ${came}`, {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }

  private tooMuch(request: IncomingMessage, crowded: boolean): Reply | undefined {
    const { bodyLimitBytes, roundsInFlight, roundsPerSecond } = this.options;
    if (Number(request.headers['content-length'] ?? 0) > bodyLimitBytes) {
      return tooLarge(bodyLimitBytes, `${request.headers['content-length'] ?? ''} bytes`);
    }
    if (crowded) return tooMany('fewer connections to the service');
    if (this.inProgress >= roundsInFlight)
      return tooMany(`at most ${String(roundsInFlight)} rounds in flight`);
    if (!this.rate.take()) return tooMany(`at most ${String(roundsPerSecond)} rounds a second`);
    return undefined;
  }

  private async received({ request, askForBody }: Incoming, claim: BodyClaim): Promise<Reply | undefined> {
    askForBody();
    const body = await readBody(request, this.options.bodyLimitBytes, claim);
    return body.kind === 'whole' ? this.answered(body.bytes) : this.unread(body.kind);
  }

  private unread(kind: Exclude<BodyRead['kind'], 'whole'>): Reply | undefined {
    if (kind === 'gone') return undefined;
    return kind === 'too large'
      ? tooLarge(this.options.bodyLimitBytes, 'more')
      : tooMany(`at most ${String(this.options.bodiesLimitBytes)} bytes of rounds in flight`);
  }

  private async answered(body: Buffer): Promise<Reply> {
    const start = performance.now();
    let round: Round;
    try {
      round = parseRound(body.toString('utf8'));
    } catch (error) {
      if (error instanceof RoundFormatError) return problem(400, error.message);
      throw error;
    }
    const taken = this.service.take(round);
    const served = await taken.served;
    this.options.onServed(served.lane, (performance.now() - start) / 1000);
    return replyTo(round, taken, served);
  }
}

/** Bodies are JSON as it is, whatever type they say they have. */
function unreadable({ headers }: IncomingMessage): Reply | undefined {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return undefined;
  return problem(415, `content-encoding: expected none, got ${encoding}`);
}

function tooLarge(limit: number, came: string): Reply {
  return problem(413, `body: expected at most ${String(limit)} bytes, got ${came}`);
}

function tooMany(expected: string): Reply {
  return problem(429, `expected ${expected}, got more: come back in a second`, { headers: RETRY_SOON });
}

function replyTo({ id }: Round, { stage, seen }: Taken, { lane, fallback, observation }: Served): Reply {
  if (observation.kind === 'failure') {
    const { error, message } = observation;
    const more = { id, stage, lane, laneError: error };
    return problem(STATUS_OF_LANE_ERROR[error], `lane ${lane}: ${message}`, { more });
  }
  const { outcome } = observation;
  const answer =
    outcome.kind === 'error'
      ? { error: outcome.error }
      : { outcome: Buffer.from(outcome.outcome).toString('base64') };
  return json(200, {
    id,
    served: lane,
    stage,
    ...answer,
    ...(fallback ? { fallback } : {}),
    ...(seen === 'new' ? {} : { seen }),
  });
}
