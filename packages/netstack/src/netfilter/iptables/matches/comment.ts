/**
 * The comment match: passes every packet.
 */
import { type MatchExtension, quote } from '../options.ts';
import type { Match } from '../rule.ts';

const MAX_LENGTH = 255;

export const COMMENT_MATCH: MatchExtension = {
  name: 'comment',
  options: new Map<string, 0 | 1 | 2 | string>([['comment', 1]]),
  build(options, context): Match {
    const given = options.get('comment');
    if (given === undefined) {
      context.fail('comment: option "--comment" must be specified\n');
    } else if (given.value.length > MAX_LENGTH) {
      context.fail(
        `comment: bad value for option "--comment", or out of range (0-${MAX_LENGTH}).\n`,
      );
    }
    return {
      name: 'comment',
      text: ` --comment ${quote(given?.value ?? '')}`,
      reads: {},
      test: () => true,
    };
  },
};
