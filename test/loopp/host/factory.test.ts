import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { launch } from '../../../loopp/host/launch.ts';
import type { LaunchedPlugin } from '../../../loopp/host/launch.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { OWN_PLUGIN, Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
let plugin: LaunchedPlugin;
beforeEach(async () => {
  sandbox = new Sandbox();
  plugin = await launch(sandbox.node(OWN_PLUGIN), HOST_DEFAULTS, new AbortController().signal);
});
afterEach(async () => {
  await plugin.close();
  await sandbox.end();
});

const soon = (): Date => new Date(Date.now() + 20_000);

test('a factory that is closed leaves nothing in the plugin, however many there were', async () => {
  const before = sandbox.sockets();
  for (let made = 0; made < 30; made++) {
    const factory = await plugin.newFactory(undefined, soon());
    await factory.ready(soon());
    await factory.close(soon());
  }
  await vi.waitFor(() => expect(sandbox.sockets()).toEqual(before), { timeout: 10_000 });
  await plugin.factory.ready(soon());
});

test('a factory that is closed is not asked any more, and can be closed again', async () => {
  const factory = await plugin.newFactory(undefined, soon());
  await factory.close(soon());
  await expect(factory.ready(soon())).rejects.toThrow();
  await expect(factory.close(soon())).rejects.toThrow();
});
