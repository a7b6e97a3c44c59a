import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from '../dashboard.ts';
import { datasource, instance, runbook } from '../variables.ts';
import { answers, lives } from './loopp-answers.ts';
import { latency, service, trouble } from './loopp-detail.ts';

/** Is the plugin healthy, how fast, why did it restart? */
export const loopp = (): Dashboard =>
  dashboardOf({
    name: 'loopp',
    title: 'Secure Mint: LOOPP',
    description: 'Is the plugin healthy, how fast is it, why did it restart?',
    from: 'now-1h',
    variables: [datasource(), instance(), runbook()],
    sections: [
      { shelves: [answers, lives] },
      { heading: 'How fast', shelves: [latency] },
      { heading: 'Trouble', shelves: [trouble] },
      { heading: 'The service around it', shelves: service },
    ],
  });
