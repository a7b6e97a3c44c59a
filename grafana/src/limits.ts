/** Where panels change their colour; grafana/prometheus/alerts.yml alerts on the same. */
export const LIMITS = {
  /** Lower bound of the parity rate from which on traffic may move. */
  bound: 0.999,
  /** p99 of the loopp lane: half of the default lane time-out. */
  slowSeconds: 1,
  /** Age at which a flag no longer holds by default. */
  flagAgeSeconds: 30,
  /** p99 of the event loop's lag. */
  lagSeconds: 0.1,
} as const;
