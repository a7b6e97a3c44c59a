import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOST_DEFAULTS, SERVICE_NAME, SecureMintService, packValues } from '../src/index.ts';
import type { Execution } from '../src/index.ts';
import { plainRound } from './helpers/arbitraries.ts';
import { FakeAdapter, PAYLOAD } from './helpers/external-adapter.ts';
import { OWN_PLUGIN, Sandbox } from './loopp/host/sandbox.ts';
import { PROTOCOL_CONFIG } from './loopp/plugin/ocr3/builders.ts';

// What another program has of the package: it hosts the plugin with nothing but `src/index.ts`.

const CONTEXT = { seqNr: 1n, previousOutcome: new Uint8Array(), epoch: 1n, round: 1n };

let sandbox: Sandbox;
let service: SecureMintService;
beforeEach(async () => {
  sandbox = new Sandbox();
  service = new SecureMintService(sandbox.node(OWN_PLUGIN), HOST_DEFAULTS, () => undefined);
  await service.start();
});
afterEach(async () => {
  await service.close();
  await sandbox.end();
});

test('a service aggregates', async () => {
  const { id, f, config, revision, observations } = plainRound({ oracles: 4 });
  const execution: Execution = {
    id,
    f,
    previousOutcome: undefined,
    observations: new Map(observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config,
    revision,
  };
  const [result] = await service.aggregate([execution], 5000);
  expect(result).toMatchObject({ id, error: undefined, outcome: expect.any(Uint8Array) });
});

test("upstream's factory asks the host's external adapter, also after a restart", async () => {
  const adapter = new FakeAdapter();
  // In the first round no block is known to ask for.
  adapter.answer = () => Promise.resolve({ ...PAYLOAD, mintables: new Map() });
  const config = { ...PROTOCOL_CONFIG, offchainConfig: Buffer.from('{"MaxChains": 5}') };
  const factory = service.upstreamFactory(adapter);
  for (const restarts of [0, 1]) {
    const { plugin } = await factory.newReportingPlugin(config);
    const said = await plugin.observation(CONTEXT, new Uint8Array());
    expect(said.length).toBeGreaterThan(0);
    expect(adapter.asked).toHaveLength(restarts + 1);
    expect(await factory.healthReport()).toEqual(
      new Map([
        [SERVICE_NAME, ''],
        [`${SERVICE_NAME}.PluginSecureMint`, ''],
      ]),
    );
    if (service.state.name === 'ready') process.kill(service.state.plugin.pid, 'SIGKILL');
  }
  await factory.close();
});
