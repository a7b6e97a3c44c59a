import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from '../dashboard.ts';
import { bound, chain, datasource, instance, runbook } from '../variables.ts';
import { answers, reasons } from './migration-answers.ts';
import { coverage, evidence, running, speed } from './migration-evidence.ts';

/** Is parity proven, who serves, may I promote? */
export const migration = (): Dashboard =>
  dashboardOf({
    name: 'migration',
    title: 'Secure Mint: migration',
    description: 'Is parity proven, who serves, may I promote?',
    from: 'now-6h',
    variables: [datasource(), instance(), chain(), bound(), runbook()],
    sections: [
      { shelves: [answers, reasons] },
      { heading: 'Evidence', shelves: evidence },
      { heading: 'Coverage', shelves: [coverage] },
      { heading: 'Speed', shelves: [speed] },
      { heading: 'Versions', shelves: [running] },
    ],
  });
