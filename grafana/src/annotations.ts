import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BAD, NEUTRAL, WARNING } from './looks.ts';
import { DISAGREEING, increase, metric } from './queries.ts';
import { SOURCE } from './source.ts';

/** As long as a step: a change is marked once. */
const STEP = '60s';
const WINDOW = '1m';

/** Marks on every panel over time: when shares were moved, when the plugin was launched, when the lanes disagreed. */
export const annotations = (): readonly AnnotationQueryBuilder[] => [
  marks('Flips', NEUTRAL, `sum by (instance, stage) (changes(${metric('flag_share')}[${WINDOW}])) > 0`)
    .titleFormat('Share moved')
    .textFormat('The share of stage {{stage}} changed, as {{instance}} sees it')
    .tagKeys('instance,stage'),
  marks('Launches', WARNING, `sum by (instance) (${increase('plugin_launches_total', [], WINDOW)}) > 0`)
    .titleFormat('Plugin launched')
    .textFormat('{{instance}} launched its plugin')
    .tagKeys('instance'),
  marks(
    'Disagreements',
    BAD,
    `sum by (instance, verdict) (${increase('rounds_total', [DISAGREEING], WINDOW)}) > 0`,
  )
    .titleFormat('Lanes disagreed')
    .textFormat('{{instance}}: {{verdict}}')
    .tagKeys('instance,verdict'),
];

function marks(name: string, color: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(SOURCE)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step(STEP);
}
