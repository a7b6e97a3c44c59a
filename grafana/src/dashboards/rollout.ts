import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from '../dashboard.ts';
import { datasource, instance, runbook } from '../variables.ts';
import { answers, timeline } from './rollout-answers.ts';
import { controller } from './rollout-controller.ts';
import { shares, records, why } from './rollout-detail.ts';

/** Which share is wanted, which is served, does the flag hold, is anything lost? */
export const rollout = (): Dashboard =>
  dashboardOf({
    name: 'rollout',
    title: 'Secure Mint: rollout',
    description:
      'Which share is meant for loopp, which does it serve, does the flag hold? Only serve has a flag.',
    from: 'now-1h',
    variables: [datasource(), instance(), runbook()],
    sections: [
      { shelves: [answers, timeline] },
      { heading: 'Wanted and seen', shelves: [shares] },
      { heading: 'Why', shelves: [why] },
      { heading: 'The controller', shelves: controller },
      { heading: 'Is anything lost', shelves: records },
    ],
  });
