import { describe, expect, test } from 'vitest';
import {
  ContractConfig,
  FromAccountReply,
  GetLatestValueRequest,
  Ocr3TransmitRequest,
  TransmitRequest,
  VersionedBytes,
} from '../../../loopp/wire/provider-messages.ts';
import { PROVIDER_PATHS } from '../../../loopp/wire/provider-services.ts';
import {
  ChainInfo,
  ChainStatus,
  Head,
  ListNodeStatusesReply,
  ListNodeStatusesRequest,
  NewPluginProviderRequest,
  NewRelayerRequest,
} from '../../../loopp/wire/relayer-messages.ts';
import { PluginRelayerService, RelayerService } from '../../../loopp/wire/relayer-services.ts';
import type { MessageType } from '../../../src/codec/message.ts';
import { toHex, unhex } from '../../helpers/wire.ts';

/** Field numbers and types of docs/spec/loopp-wire.md E. */
function isWritten<T extends object>(type: MessageType<T>, value: T, hex: string): void {
  expect(toHex(type.encode(value))).toBe(toHex(unhex(hex)));
  expect(type.decode(unhex(hex))).toEqual(value);
}

const byte = (value: number): Uint8Array => Uint8Array.of(value);

describe('a relayer\u2019s messages', () => {
  test('NewRelayerRequest', () => {
    const request = { config: 'a', keystoreId: 1, capabilityRegistryId: 2, keystoreCsaId: 3 };
    isWritten(NewRelayerRequest, request, '0a0161 1001 1802 2003');
  });

  test('NewPluginProviderRequest', () => {
    const relayArgs = {
      externalJobId: byte(1),
      jobId: 2,
      contractId: 'c',
      isNew: true,
      relayConfig: byte(5),
      providerType: 'p',
    };
    const pluginArgs = { transmitterId: 't', pluginConfig: byte(6) };
    isWritten(
      NewPluginProviderRequest,
      { relayArgs, pluginArgs },
      '0a10 0a0101 1002 1a0163 2001 2a0105 320170  1206 0a0174 120106',
    );
  });

  test('a head, a chain, its nodes', () => {
    isWritten(
      Head,
      { height: '9', hash: byte(1), timestamp: 2n ** 63n },
      '0a0139 120101 1880808080808080808001',
    );
    isWritten(ChainStatus, { id: '1', enabled: true, config: 'c' }, '0a0131 1001 1a0163');
    isWritten(
      ChainInfo,
      { familyName: 'f', chainId: '1', networkName: 'n', networkNameFull: 'N' },
      '0a0166 120131 1a016e 22014e',
    );
    isWritten(ListNodeStatusesRequest, { pageSize: 3, pageToken: 't' }, '0803 120174');
    const node = { chainId: '1', name: 'n', config: 'c', state: 's' };
    isWritten(
      ListNodeStatusesReply,
      { nodes: [node], total: 7, nextPageToken: 'x' },
      '0a0c 0a0131 12016e 1a0163 220173  1007 1a0178',
    );
  });

  test('the methods are upstream\u2019s', () => {
    const methods = [...Object.values(PluginRelayerService), ...Object.values(RelayerService)];
    expect(methods.map(({ path }) => path)).toEqual([
      '/loop.PluginRelayer/NewRelayer',
      '/loop.Relayer/NewPluginProvider',
      '/loop.Relayer/LatestHead',
      '/loop.Relayer/GetChainStatus',
      '/loop.Relayer/GetChainInfo',
      '/loop.Relayer/ListNodeStatuses',
    ]);
  });
});

describe('a provider\u2019s messages', () => {
  test('ContractConfig', () => {
    const config = {
      configDigest: byte(1),
      configCount: 2n,
      signers: [byte(3), byte(4)],
      transmitters: ['a', 'b'],
      f: 5,
      onchainConfig: byte(6),
      offchainConfigVersion: 7n,
      offchainConfig: byte(8),
    };
    const hex = '0a0101 1002 1a0103 1a0104 220161 220162 2805 320106 3807 420108';
    expect(toHex(ContractConfig.encode(config))).toBe(toHex(unhex(hex)));
    expect(ContractConfig.decode(unhex(hex))).toEqual(config);
  });

  test('what is transmitted', () => {
    const signatures = [{ signature: byte(9), signer: 10 }];
    const reportTimestamp = { configDigest: byte(1), epoch: 2, round: 3 };
    isWritten(
      TransmitRequest,
      { reportContext: { reportTimestamp, extraHash: byte(4) }, report: byte(5), signatures },
      '0a0c 0a07 0a0101 1002 1803  120104  120105  1a05 0a0109 100a',
    );
    isWritten(
      Ocr3TransmitRequest,
      {
        configDigest: byte(1),
        seqNr: 2n,
        reportWithInfo: { report: byte(3), info: byte(4) },
        signatures,
      },
      '0a0101 1002 1a06 0a0103 120104  2205 0a0109 100a',
    );
    isWritten(FromAccountReply, { account: 'a' }, '0a0161');
  });

  test('what is read', () => {
    isWritten(VersionedBytes, { version: 2, data: byte(0xf6) }, '0802 1201f6');
    isWritten(
      GetLatestValueRequest,
      {
        readIdentifier: 'r',
        confidence: 1,
        params: { version: 2, data: byte(0xf6) },
        asValueType: true,
      },
      '0a0172 1001 1a05 0802 1201f6 2001',
    );
  });

  test('the methods are upstream\u2019s', () => {
    expect(PROVIDER_PATHS.toSorted()).toEqual(
      [
        'loop.Service/Name',
        'loop.Service/Close',
        'loop.Service/Ready',
        'loop.Service/HealthReport',
        'loop.OffchainConfigDigester/ConfigDigest',
        'loop.OffchainConfigDigester/ConfigDigestPrefix',
        'loop.ContractConfigTracker/LatestConfigDetails',
        'loop.ContractConfigTracker/LatestConfig',
        'loop.ContractConfigTracker/LatestBlockHeight',
        'loop.ContractTransmitter/Transmit',
        'loop.ContractTransmitter/LatestConfigDigestAndEpoch',
        'loop.ContractTransmitter/FromAccount',
        'loop.internal.pb.ocr3.ContractTransmitter/Transmit',
        'loop.internal.pb.ocr3.ContractTransmitter/FromAccount',
        'loop.ContractReader/GetLatestValue',
        'loop.ContractReader/GetLatestValueWithHeadData',
        'loop.ContractReader/BatchGetLatestValues',
        'loop.ContractReader/QueryKey',
        'loop.ContractReader/QueryKeys',
        'loop.ContractReader/Bind',
        'loop.ContractReader/Unbind',
        'codec.Codec/GetEncoding',
        'codec.Codec/GetDecoding',
        'codec.Codec/GetMaxSize',
      ]
        .map((name) => `/${name}`)
        .toSorted(),
    );
  });
});
