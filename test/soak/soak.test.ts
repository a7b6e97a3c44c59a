import { afterEach, beforeEach, expect, test } from 'vitest';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { OWN_PLUGIN, Sandbox } from '../loopp/host/sandbox.ts';
import { endure } from './endurance.ts';
import { killUnderLoad } from './kills.ts';

const everything = process.env['SECUREMINT_TEST'] === 'all';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.end());

test('the plugin killed under load: legacy serves on, every round has one verdict, nothing leaks', async () => {
  const rounds = await loadRounds(CAPTURES[1] ?? '');
  const figures = await killUnderLoad(sandbox.node(OWN_PLUGIN), rounds, everything ? 5 : 2, 50);
  const { match = 0, unavailable = 0 } = figures.verdicts;
  expect(figures.failedServed).toBe(0);
  expect(match + unavailable).toBe(figures.rounds);
  expect(match).toBeGreaterThan(0);
  expect(unavailable).toBeGreaterThan(0);
  expect(figures.descriptors.after).toBeLessThanOrEqual(figures.descriptors.before);
});

test('many rounds through one process: no descriptor is left open on either side', async () => {
  const rounds = await loadRounds(CAPTURES[1] ?? '');
  const { host, plugin } = await endure(sandbox.node(OWN_PLUGIN), rounds, everything ? 3000 : 1200, 600);
  expect(host.end.descriptors).toBeLessThanOrEqual(host.warm.descriptors);
  expect(plugin.end.descriptors).toBeLessThanOrEqual(plugin.warm.descriptors);
});
