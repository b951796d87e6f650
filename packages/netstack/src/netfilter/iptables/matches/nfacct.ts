/**
 * The nfacct match: counts what passes under a name, and passes everything.
 */
import { ipLenBytes } from '@podwire/wire';
import type { MatchExtension } from '../options.ts';
import type { Match } from '../rule.ts';

export const NFACCT_MATCH: MatchExtension = {
  name: 'nfacct',
  options: new Map<string, 0 | 1 | 2 | string>([['nfacct-name', 1]]),
  build(options, context): Match {
    const given = options.get('nfacct-name');
    if (given === undefined) context.fail('nfacct: option "--nfacct-name" must be specified\n');
    const name = given?.value ?? '';
    return {
      name: 'nfacct',
      // Two blanks, as libxt_nfacct prints it.
      text: ` --nfacct-name  ${name}`,
      test({ memory, packet }): boolean {
        memory.countAccounting(name, ipLenBytes(packet));
        return true;
      },
    };
  },
};
