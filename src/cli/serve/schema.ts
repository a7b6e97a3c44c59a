import * as v from 'valibot';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { STAGES } from '../../contract/stage.ts';
import { BEGINNINGS } from '../../serve/sources/tail.ts';
import { optionalChoice, optionalText, options, section, text, texts, wholeNumber } from './option-kinds.ts';
import type { Range } from './option-kinds.ts';

const MIB = 1024 * 1024;
const WAIT: Range = [100, 600_000];

const http = section({
  host: text(
    'an address to listen on',
    '127.0.0.1',
    'Address to listen on; another one opens the service to others.',
  ),
  port: wholeNumber([0, 65_535], 9470, 'Port to listen on; 0 takes a free one and says which.'),
  bodyLimitBytes: wholeNumber([1024, 64 * MIB], 4 * MIB, 'Largest round.'),
  bodiesLimitBytes: wholeNumber(
    [MIB, 4096 * MIB],
    64 * MIB,
    'All rounds together that are being received or served.',
  ),
  roundsPerSecond: wholeNumber(
    [1, 1_000_000],
    1000,
    'Rounds that are taken in a second, and at once after a pause.',
  ),
  roundsInFlight: wholeNumber(
    [1, 100_000],
    1000,
    'Rounds that are being received or served at the same time.',
  ),
  connections: wholeNumber(
    [1, 10_000],
    512,
    'Connections; on as many again rounds are refused with 429, and more are closed.',
  ),
  headersTimeoutMs: wholeNumber(
    WAIT,
    10_000,
    'From the start of a connection or request to the end of its header.',
  ),
  requestTimeoutMs: wholeNumber(
    WAIT,
    30_000,
    'From the same moment to the end of its body; not less than for the header.',
  ),
  keepAliveTimeoutMs: wholeNumber(WAIT, 60_000, 'Between two requests of a connection.'),
});

const loopp = section({
  command: texts(
    'a list of texts: a program and its arguments',
    "The plugin's program and arguments; empty: the product's own. `-- CMD` on the command line counts for more.",
  ),
  laneTimeoutMs: wholeNumber(
    [1, 600_000],
    HOST_DEFAULTS.laneTimeoutMs,
    'Deadline of one round in the loopp lane, served or shadow.',
  ),
  startTimeoutMs: wholeNumber(WAIT, HOST_DEFAULTS.startTimeoutMs, 'For the plugin to start.'),
});

const comparison = section({
  concurrency: wholeNumber([1, 1000], 8, 'Comparisons in progress.'),
  queueRounds: wholeNumber(
    [0, 100_000],
    1000,
    'Rounds that wait to be compared; those beyond are not compared.',
  ),
  queueBytes: wholeNumber([0, 4096 * MIB], 64 * MIB, 'The same in bytes.'),
});

const flags = section({
  url: optionalText(
    'the address of an Unleash server',
    'Address of an Unleash server, whose flag then names the stage of each round. Its variable is UNLEASH_URL.',
  ),
  name: text('the name of a flag', 'securemint.loopp', 'Name of the flag.'),
  refreshMs: wholeNumber([100, 60_000], 1000, 'From one poll of the flag to the next.'),
  ageLimitMs: wholeNumber(
    [1000, 3_600_000],
    30_000,
    'How long the flag holds when the server does not confirm it; then every round is off.',
  ),
  pollTimeoutMs: wholeNumber([100, 60_000], 3000, 'For one poll.'),
  bootstrapFile: optionalText(
    'a path',
    "Flags as the server's client API delivers them, until it has answered.",
  ),
  stateFile: optionalText('a path', 'Where the last known flags are kept, to begin with at the next start.'),
});

const journal = section({
  folder: optionalText('a path', 'Folder for journals; absent: securemint-shadow-out/TIME.'),
  fileBytes: wholeNumber(
    [MIB, 1024 * 1024 * MIB],
    256 * MIB,
    'Size at which the next journal file is begun.',
  ),
  files: wholeNumber(
    [1, 100_000],
    40,
    'Journal files of this process that stay; the oldest goes when there is one more.',
  ),
});

const source = v.variant(
  'kind',
  [
    v.strictObject({
      kind: v.literal('follow'),
      path: v.pipe(v.string('the path of a file or folder'), v.nonEmpty('the path of a file or folder')),
      from: v.optional(v.picklist(BEGINNINGS, `one of ${BEGINNINGS.join(', ')}`), 'start'),
    }),
    v.strictObject({ kind: v.literal('stdin') }),
  ],
  'one of follow, stdin',
);

/** The configuration of `serve`; docs/serve.md has its reference. */
export const SERVE_SCHEMA = options({
  stage: optionalChoice(
    STAGES,
    'Stage of every round where no flag is asked; absent: off. Not together with `flags.url`.',
  ),
  http,
  loopp,
  comparison,
  flags,
  journal,
  sources: v.optional(
    v.pipe(
      v.array(source, 'a list of sources'),
      v.description('Where rounds come from besides HTTP: `{kind: follow, path, from}` and `{kind: stdin}`.'),
    ),
    [],
  ),
  shutdownGraceMs: wholeNumber(
    [0, 600_000],
    10_000,
    'For requests and comparisons in progress when the service is told to stop.',
  ),
});

export type ServeConfig = v.InferOutput<typeof SERVE_SCHEMA>;
