import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../../../../loopp/plugin/aggregation/base64.ts';
import { configureSeed } from '../../../helpers/seed.ts';

configureSeed();

const decode = (text: string): Buffer | undefined => {
  const bytes = decodeBase64(Buffer.from(text, 'latin1'));
  return bytes && Buffer.from(bytes);
};

test('bytes come back from their base64, with CR and LF anywhere', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(80), fc.constantFrom('\r', '\n'))),
      (bytes, breaks) => {
        let text = Buffer.from(bytes).toString('base64');
        for (const [at, lineBreak] of breaks) text = text.slice(0, at) + lineBreak + text.slice(at);
        expect(decode(text)).toEqual(Buffer.from(bytes));
      },
    ),
  );
});

test('what is accepted decodes as Node decodes it, and is complete and padded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('A', 'Z', 'b', '9', '+', '/', '=', '-', ' ', '\n'), { maxLength: 9 }),
      (letters) => {
        const text = letters.join('');
        const plain = text.replaceAll('\n', '');
        const complete = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
        expect(decode(text)).toEqual(complete ? Buffer.from(plain, 'base64') : undefined);
      },
    ),
    { numRuns: 2_000 },
  );
});
