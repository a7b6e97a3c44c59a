import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Names of skipped groups that are listed. */
const SHOWN = 10;

/** Ends a run with what was skipped and how to run it, and with the counts on a line of their own. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState('skipped');
    const lines = skipped.length === 0 ? [] : skippedLines(skipped);
    const counts = [
      `${String(inState('passed').length)} passed`,
      `${String(inState('failed').length)} failed`,
      ...(skipped.length === 0 ? [] : [`${String(skipped.length)} skipped`]),
    ];
    process.stdout.write(`${[...lines, counts.join(', ')].join('\n')}\n`);
  }
}

function skippedLines(skipped: readonly TestCase[]): readonly string[] {
  const groups = new Map<string, number>();
  for (const test of skipped) {
    const group = `${test.module.relativeModuleId}: ${test.parent.type === 'suite' ? test.parent.fullName : test.name}`;
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  const lines = [...groups].map(([group, count]) => `  ${String(count)} in ${group}`);
  const more = lines.length - SHOWN;
  return [
    'skipped (what they need is not here; SECUREMINT_TEST=all npm test runs everything and says what is missing):',
    ...lines.slice(0, SHOWN),
    ...(more > 0 ? [`  and ${String(more)} more groups`] : []),
  ];
}
