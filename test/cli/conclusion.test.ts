import { describe, expect, test } from 'vitest';
import { conclusionOf } from '../../src/cli/conclusion.ts';
import type { Ending } from '../../src/cli/conclusion.ts';
import { Summary } from '../../harness/report.ts';
import type { Report } from '../../harness/report.ts';

function reportOf(changes: Partial<Report> = {}): Report {
  const empty = new Summary().report({ concurrency: 16, seed: 1, versions: {} });
  return { ...empty, rounds: 1200, ...changes };
}

const withVerdicts = (verdicts: Partial<Report['verdicts']>, rounds = 1200): Report =>
  reportOf({ rounds, verdicts: { ...reportOf().verdicts, ...verdicts } });

describe('what a run comes to', () => {
  test.each<[Ending, Report, boolean, readonly string[]]>([
    ['whole', withVerdicts({ match: 1200 }), true, ['yes: the lanes agree']],
    ['whole', withVerdicts({ match: 1198, timeout: 1, unavailable: 1 }), true, ['yes: the lanes agree']],
    ['whole', withVerdicts({ ambiguous: 600, bothFailedAlike: 600 }), true, ['yes: the lanes agree']],
    [
      'whole',
      withVerdicts({ timeout: 2, unavailable: 1 }),
      false,
      ['no: timeout and unavailable: 3, at most 2 allowed'],
    ],
    ['whole', withVerdicts({ mismatch: 3, protocol: 1 }), false, ['no: mismatch: 3; protocol: 1']],
    ['whole', reportOf({ rounds: 0 }), false, ['no: no round was compared']],
    ['whole', withVerdicts({ timeout: 1, unavailable: 1 }, 2), false, ['no: no round was compared']],
    ['whole', withVerdicts({ notCompared: 1200 }), false, ['no: no round was compared']],
    [
      'interrupted',
      withVerdicts({ notCompared: 1199, timeout: 1 }),
      false,
      ['interrupted after 1,200 rounds: no round was compared'],
    ],
    ['whole', reportOf({ refused: 1 }), true, ['yes: the lanes agree', 'refused: 1 line of the input']],
    [
      'interrupted',
      reportOf({ refused: 2000 }),
      false,
      ['interrupted after 1,200 rounds: the lanes agree so far', 'refused: 2,000 lines of the input'],
    ],
    ['interrupted', withVerdicts({ mismatch: 1 }, 1), false, ['interrupted after 1 round: mismatch: 1']],
    ['interrupted', reportOf({ rounds: 0 }), false, ['interrupted before the first round']],
    ['failed', reportOf(), false, ['stopped by an error after 1,200 rounds: the lanes agree so far']],
    [
      'failed',
      withVerdicts({ onlyLegacyFailed: 1, onlyLooppFailed: 2, bothFailedDifferently: 3 }),
      false,
      [
        'stopped by an error after 1,200 rounds: ' +
          'bothFailedDifferently: 3; onlyLegacyFailed: 1; onlyLooppFailed: 2',
      ],
    ],
    ['failed', reportOf({ rounds: 0 }), false, ['no: no round was compared']],
  ])('%s', (ending, report, good, lines) => {
    expect(conclusionOf(report, ending, 2)).toEqual({ good, lines });
  });

  test('is no for reasons that the report does not show', () => {
    const { good, lines } = conclusionOf(withVerdicts({ match: 1199, protocol: 1 }), 'whole', 0, ['nothing']);
    expect({ good, lines }).toEqual({ good: false, lines: ['no: protocol: 1; nothing'] });
  });
});
