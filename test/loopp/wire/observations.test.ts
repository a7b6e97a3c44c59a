import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtobufError } from '../../../src/codec/protobuf.ts';
import { encodeValueList, encodeValue } from '../../../src/codec/values-encode.ts';
import { packValues, unpackValues } from '../../../loopp/wire/observations.ts';
import { configureSeed } from '../../helpers/seed.ts';
import { concat, field, toHex, unhex } from '../../helpers/wire.ts';

configureSeed();

test('values are packed as the list field that protobuf has for them', () => {
  const values = ['a', 'b'].map((value) => ({ kind: 'string', value }) as const);
  expect(toHex(packValues(values.map(encodeValue)))).toBe(toHex(encodeValueList(values)));
  expect(toHex(packValues([unhex('0a0161'), unhex('')]))).toBe('12030a01611200');
  expect(packValues([])).toHaveLength(0);
});

test('what is packed is unpacked byte by byte, also what is no value', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (values) => {
      expect(unpackValues(packValues(values)).map(toHex)).toEqual(values.map(toHex));
    }),
  );
});

test('unknown fields and known ones of another type are passed over', () => {
  const list = concat(unhex('1005'), field(2, unhex('aa')), field(7, unhex('bb')), field(2, unhex('cc')));
  expect(unpackValues(list).map(toHex)).toEqual(['aa', 'cc']);
});

test.each(['12', '1205aa', '00', '0b'])('what is no protobuf is refused: %s', (hex) => {
  expect(() => unpackValues(unhex(hex))).toThrow(ProtobufError);
});
