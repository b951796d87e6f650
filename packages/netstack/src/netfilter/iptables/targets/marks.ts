/**
 * The targets that mark packets and connections: MARK and CONNMARK.
 */
import {
  type BuildContext,
  type Options,
  type TargetExtension,
  hex,
  parseMarkMask,
  parseNumber,
} from '../options.ts';
import type { Target } from '../rule.ts';

interface MarkChange {
  readonly value: number;
  readonly mask: number;
}

const FORMS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const;

/** All forms come down to `mark = (mark & ~MASK) ^ VALUE`. */
function parseChange(
  name: string,
  options: Options,
  context: BuildContext,
): MarkChange | undefined {
  const form = FORMS.find((one) => options.has(one));
  if (form === undefined) return undefined;
  const text = options.get(form)?.value ?? '';
  const bad = (): MarkChange => {
    context.fail(`${name}: bad mark value for option "--${form}", or out of range.\n`);
    return { value: 0, mask: 0 };
  };
  if (form === 'set-xmark' || form === 'set-mark') {
    const parsed = parseMarkMask(text);
    if (parsed === undefined) return bad();
    const extra = form === 'set-mark' ? parsed.value : 0;
    return { value: parsed.value, mask: (parsed.mask | extra) >>> 0 };
  }
  const value = parseNumber(text);
  if (value === undefined) return bad();
  if (form === 'and-mark') return { value: 0, mask: ~value >>> 0 };
  return { value, mask: form === 'or-mark' ? value : 0 };
}

function applyMark(mark: number, change: MarkChange): number {
  return ((mark & ~change.mask) ^ change.value) >>> 0;
}

const MARK_OPTIONS = FORMS.map((form): [string, 1] => [form, 1]);

export const MARK_TARGET: TargetExtension = {
  name: 'MARK',
  options: new Map<string, 0 | 1 | 2 | string>(MARK_OPTIONS),
  build(options, context): Target {
    const change = parseChange('MARK', options, context);
    if (change === undefined) {
      context.fail('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
    }
    const { value, mask } = change ?? { value: 0, mask: 0 };
    return {
      name: 'MARK',
      text: `MARK --set-xmark ${hex(value)}/${hex(mask)}`,
      run({ skb }): 'continue' {
        skb.mark = applyMark(skb.mark, { value, mask });
        return 'continue';
      },
    };
  },
};

export const CONNMARK_TARGET: TargetExtension = {
  name: 'CONNMARK',
  options: new Map<string, 0 | 1 | 2 | string>([
    ...MARK_OPTIONS,
    ['save-mark', 0],
    ['restore-mark', 0],
    ['nfmask', 1],
    ['ctmask', 1],
    ['mask', 1],
  ]),
  build(options, context): Target {
    const change = parseChange('CONNMARK', options, context);
    if (change !== undefined) {
      return {
        name: 'CONNMARK',
        text: `CONNMARK --set-xmark ${hex(change.value)}/${hex(change.mask)}`,
        needsConntrack: true,
        run({ skb }): 'continue' {
          if (skb.ct !== undefined) skb.ct.mark = applyMark(skb.ct.mark, change);
          return 'continue';
        },
      };
    }
    const saves = options.has('save-mark');
    if (!saves && !options.has('restore-mark'))
      context.fail('CONNMARK target: No operation specified');
    const both = options.get('mask')?.value ?? '0xffffffff';
    const nfMask = parseNumber(options.get('nfmask')?.value ?? both) ?? 0xffffffff;
    const ctMask = parseNumber(options.get('ctmask')?.value ?? both) ?? 0xffffffff;
    return {
      name: 'CONNMARK',
      text: `CONNMARK --${saves ? 'save' : 'restore'}-mark --nfmask ${hex(nfMask)} --ctmask ${hex(ctMask)}`,
      needsConntrack: true,
      run({ skb }): 'continue' {
        const ct = skb.ct;
        if (ct === undefined) return 'continue';
        if (saves) ct.mark = ((ct.mark & ~ctMask) ^ (skb.mark & nfMask)) >>> 0;
        else skb.mark = ((skb.mark & ~nfMask) ^ (ct.mark & ctMask)) >>> 0;
        return 'continue';
      },
    };
  },
};
