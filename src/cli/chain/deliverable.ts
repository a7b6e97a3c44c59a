import { chainFamily } from '../../chains/selectors.ts';
import { decodeValueMap } from '../../codec/values.ts';
import { LANE_NAMES } from '../../contract/judgement.ts';
import type { Judgement, LaneName } from '../../contract/judgement.ts';
import type { Round } from '../../contract/round.ts';

/** The outcome of each lane, as bytes. */
export type Outcomes = Readonly<Record<LaneName, Uint8Array>>;

/** A round whose outcomes can be brought to a Data Feeds Cache of an EVM chain, or why it is none. */
export type Deliverable =
  | { readonly kind: 'deliverable'; readonly outcomes: Outcomes }
  | { readonly kind: 'notDeliverable'; readonly reason: string };

/** Pure. Reasons are few: they are counted. */
export function deliverable({ round, verdict, observations = {} }: Judgement): Deliverable {
  if (verdict.key === 'notCompared') return not(`not compared (${verdict.reason ?? 'no reason'})`);
  if (round.revision !== '2025-09') return not(`the cache takes no report of revision ${round.revision}`);
  // Aggregators on different nodes may answer either; two caches that were told both could not be compared any more.
  if (verdict.key === 'ambiguous') return not('ambiguous: either answer is right');
  const outcomes: Partial<Record<LaneName, Uint8Array>> = {};
  for (const lane of LANE_NAMES) {
    const observation = observations[lane];
    if (observation?.kind !== 'answer') return not(`no answer of the ${lane} lane`);
    if (observation.outcome.kind === 'error') return not('an aggregation error');
    outcomes[lane] = observation.outcome.outcome;
  }
  const family = targetFamily(round);
  if (family !== 'evm')
    return not(family === undefined ? 'its chain is not known' : `its chain is ${family}`);
  const { legacy, loopp } = outcomes;
  if (legacy === undefined || loopp === undefined) return not('no answer');
  return { kind: 'deliverable', outcomes: { legacy, loopp } };
}

const not = (reason: string): Deliverable => ({ kind: 'notDeliverable', reason });

const SELECTOR = 'targetchainselector';

/** Go takes the key in any case. */
function targetFamily({ config }: Round): ReturnType<typeof chainFamily> {
  const [, value] = [...decodeValueMap(config)].find(([key]) => key.toLowerCase() === SELECTOR) ?? [];
  return value?.kind === 'string' && /^[0-9]{1,20}$/.test(value.value)
    ? chainFamily(BigInt(value.value))
    : undefined;
}
