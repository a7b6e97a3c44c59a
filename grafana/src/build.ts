import { writeFile } from 'node:fs/promises';
import { dashboardFiles } from './files.ts';

/** `npm run grafana:build`: writes the dashboards, from the root of the project. */
for (const [path, text] of await dashboardFiles()) await writeFile(path, text);
