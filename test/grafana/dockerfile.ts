import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One step of a Dockerfile: what it is, and the rest of its line. */
export interface Step {
  readonly verb: string;
  readonly rest: string;
}

/** What an image comes to: a folder in the place of its file system, and how it is started. */
export interface Built {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly user: string | undefined;
}

/** The steps of a Dockerfile that has no line breaks inside them. */
export function stepsOf(text: string): readonly Step[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [verb = '', ...rest] = line.split(' ');
      return { verb, rest: rest.join(' ') };
    });
}

/** Does what the steps say, in folders: one for each stage, named by its number. */
export async function build(steps: readonly Step[], folder: string): Promise<Built> {
  const stages = new Map<string, string>();
  let root = '';
  let workdir = '/';
  let env: Record<string, string> = {};
  let user: string | undefined;
  const launch = { ENTRYPOINT: [] as readonly string[], CMD: [] as readonly string[] };
  for (const { verb, rest } of steps) {
    if (verb === 'FROM') {
      root = join(folder, String(stages.size));
      await mkdir(root);
      stages.set(/ AS (\w+)$/.exec(rest)?.[1] ?? 'last', root);
      [workdir, env, user] = ['/', {}, undefined];
    } else if (verb === 'WORKDIR') {
      workdir = rest;
      await mkdir(join(root, workdir), { recursive: true });
    } else if (verb === 'COPY') await copy(rest, stages, join(root, workdir));
    else if (verb === 'RUN') await runStep(rest, root, workdir);
    else if (verb === 'ENV') env[rest.split('=')[0] ?? ''] = rest.split('=').slice(1).join('=');
    else if (verb === 'USER') user = rest;
    else if (verb === 'ENTRYPOINT' || verb === 'CMD') launch[verb] = texts(JSON.parse(rest));
    else if (!['VOLUME', 'EXPOSE', 'HEALTHCHECK'].includes(verb))
      throw new Error(`expected a known step, got ${verb}`);
  }
  return { root, workdir, env, user, command: [...launch.ENTRYPOINT, ...launch.CMD] };
}

/** `COPY [--from=stage] source... target`: a folder is copied as the target, files into it. */
async function copy(rest: string, stages: ReadonlyMap<string, string>, workdir: string): Promise<void> {
  const [, stage, paths = ''] = /^(?:--from=(\w+) )?(.+)$/.exec(rest) ?? [];
  const words = paths.split(' ');
  const target = words.pop() ?? '';
  for (const source of words) {
    const from = stage === undefined ? resolve(source) : join(stages.get(stage) ?? '', source);
    const to = target.endsWith('/') ? join(workdir, target, basename(source)) : join(workdir, target);
    // Links of node_modules/.bin point inside it.
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** In the folder that stands for the image; paths from its root are in there. */
async function runStep(command: string, root: string, workdir: string): Promise<void> {
  // Another user is what only an image has.
  const local = command.replaceAll(/(?<=\s)\/(?=\w)/g, `${root}/`).replaceAll(/chown \S+/g, 'test -d');
  await run('bash', ['-c', local], { cwd: join(root, workdir), maxBuffer: 64 * 1024 * 1024 });
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new Error('expected a list of texts');
  return value.map(String);
}
