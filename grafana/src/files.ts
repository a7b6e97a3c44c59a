import { format } from 'prettier';
import { loopp } from './dashboards/loopp.ts';
import { migration } from './dashboards/migration.ts';
import { mismatches } from './dashboards/mismatches.ts';
import { rollout } from './dashboards/rollout.ts';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** Every dashboard by the name of its file. */
export const dashboards = (): Readonly<Record<string, Dashboard>> => ({
  migration: migration(),
  mismatches: mismatches(),
  loopp: loopp(),
  rollout: rollout(),
});

/** What stands in grafana/dashboards: the text of each file by its path. */
export async function dashboardFiles(): Promise<ReadonlyMap<string, string>> {
  const files = Object.entries(dashboards()).map(async ([name, dashboard]) => {
    const text = await format(JSON.stringify(dashboard), { parser: 'json', printWidth: 110 });
    return [`grafana/dashboards/${name}.json`, text] as const;
  });
  return new Map(await Promise.all(files));
}
