import { problem } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Handle, Incoming } from './server.ts';

/** Handlers by path and method. A handler of GET answers HEAD as well. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<'GET' | 'POST', Handle>>>>>;

/** Finds the handler of a request; says what there is when there is none. */
export function route(routes: Routes): Handle {
  return async (incoming) => {
    const { method = '', url = '' } = incoming.request;
    const [path = ''] = url.split('?', 1);
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (methods === undefined) return unknown(routes, path);
    const handle = method === 'POST' ? methods.POST : isRead(method) ? methods.GET : undefined;
    return handle === undefined ? notAllowed(Object.keys(methods), incoming) : handle(incoming);
  };
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

const SHOWN_CHARACTERS = 60;

function unknown(routes: Routes, path: string): Reply {
  const known = Object.keys(routes).join(', ');
  return problem(
    404,
    `path: expected one of ${known}, got ${JSON.stringify(path.slice(0, SHOWN_CHARACTERS))}`,
  );
}

function notAllowed(allowed: readonly string[], { request }: Incoming): Reply {
  return problem(405, `method: expected ${allowed.join(' or ')}, got ${request.method ?? 'nothing'}`, {
    headers: { allow: allowed.join(', ') },
  });
}
