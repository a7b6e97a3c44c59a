import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from '../dashboard.ts';
import { chain, datasource, instance, runbook } from '../variables.ts';
import { answers, timeline } from './mismatches-answers.ts';
import { chains, fields, others } from './mismatches-detail.ts';

/** What differs, since when, on which chain? */
export const mismatches = (): Dashboard =>
  dashboardOf({
    name: 'mismatches',
    title: 'Secure Mint: mismatches',
    description: 'What differs, since when, on which chain?',
    from: 'now-24h',
    variables: [datasource(), instance(), chain(), runbook()],
    sections: [
      { shelves: [answers, timeline] },
      { heading: 'What differs', shelves: [fields] },
      { heading: 'On which chain', shelves: [chains] },
      { heading: 'What else is odd', shelves: others },
    ],
  });
