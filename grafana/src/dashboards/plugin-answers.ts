import type { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { BAD, GOOD, YES_NO, steps } from '../looks.ts';
import { stat } from '../panels.ts';
import { metric } from '../queries.ts';

/** Of those that some stage asks for. */
const READY = `min(${metric('plugin_ready')} unless on (job, instance) ${metric('plugin_state', 'state="idle"')} == 1)`;

export const pluginAnswers = (): PanelBuilder =>
  stat({
    title: 'Does the plugin answer?',
    description:
      'No as soon as one instance has no plugin process that answers. Instances whose stages need none are left out.',
    unit: 'none',
    noData: 'no data: no stage asks for a plugin, or nothing is scraped yet',
    thresholds: steps(BAD, [1, GOOD]),
    runbook: 'loopp-down',
    queries: [[READY]],
  }).mappings([YES_NO]);
