import { writeFile } from 'node:fs/promises';
import { METRICS_PAGE, metricsPage } from './metrics-page.ts';

/** `npm run docs:metrics`: writes the page, from the root of the project. */
await writeFile(METRICS_PAGE, await metricsPage());
