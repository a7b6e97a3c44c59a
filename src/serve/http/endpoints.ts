import type { Registry } from 'prom-client';
import type { Readiness } from '../readiness.ts';
import type { Status } from '../status.ts';
import { json } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Routes } from './routes.ts';
import type { Handle } from './server.ts';

export interface EndpointParts {
  readonly takeRound: Handle;
  readonly readiness: () => Readiness;
  readonly status: () => Status;
  readonly registry: Registry;
}

/** Everything that the service answers over HTTP; docs/serve.md describes it. */
export function routesOf({ takeRound, readiness, status, registry }: EndpointParts): Routes {
  return {
    '/v1/rounds': { POST: takeRound },
    '/healthz': { GET: async () => json(200, { status: 'ok' }) },
    '/readyz': { GET: async () => readinessReply(readiness()) },
    '/metrics': { GET: () => metricsReply(registry) },
    '/status': { GET: async () => json(200, status()) },
  };
}

function readinessReply(readiness: Readiness): Reply {
  return json(readiness.ready ? 200 : 503, readiness);
}

async function metricsReply(registry: Registry): Promise<Reply> {
  const body = await registry.metrics();
  return { status: 200, headers: { 'content-type': registry.contentType }, body };
}
