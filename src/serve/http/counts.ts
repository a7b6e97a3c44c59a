import { SERVICE_METRICS } from '../../../harness/service-metrics.ts';

/** Every status that the service answers with; `other` stands for any else. */
const CODES = SERVICE_METRICS.http_requests_total.labels.code;
type Code = (typeof CODES)[number];

/** Answers by their status. */
export class HttpCounts {
  private readonly byCode = new Map<Code, number>(CODES.map((code) => [code, 0]));

  replied(status: number): void {
    const code = CODES.find((known) => known === String(status)) ?? 'other';
    this.byCode.set(code, this.of(code) + 1);
  }

  of(code: Code): number {
    return this.byCode.get(code) ?? 0;
  }
}
