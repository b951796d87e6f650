/**
 * Kubernetes quantities: checked, compared and put into their canonical text.
 *
 * As apimachinery's resource.Quantity: at most nano precision, rounded up; the canonical form has the largest suffix
 * that leaves an integer, in the family (decimal, binary, exponent) in which it was written.
 */

const NANO = 1_000_000_000n;

export const QUANTITY_PROBLEM =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const DECIMAL: readonly (readonly [string, number])[] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
];
const BINARY: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Parsed {
  readonly nano: bigint;
  readonly family: 'decimal' | 'binary' | 'exponent';
}

function parse(text: string): Parsed | undefined {
  const match =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,3}))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  if (whole.length + fraction.length > 60) return undefined;
  const binaryStep = BINARY.indexOf(suffix);
  const isBinary = suffix !== '' && binaryStep > 0;
  let numerator = BigInt(whole + fraction) * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  if (isBinary) numerator *= 1024n ** BigInt(binaryStep);
  else {
    const power =
      exponent === undefined
        ? (DECIMAL.find(([name]) => name === suffix)?.[1] ?? 0)
        : Number(exponent);
    if (power >= 0) numerator *= 10n ** BigInt(power);
    else denominator *= 10n ** BigInt(-power);
  }
  const isNegative = sign === '-';
  let nano = numerator / denominator;
  if (numerator % denominator !== 0n) nano += 1n;
  const largest = (2n ** 63n - 1n) * NANO;
  if (nano > largest) nano = largest;
  return {
    nano: isNegative ? -nano : nano,
    family: isBinary ? 'binary' : exponent === undefined ? 'decimal' : 'exponent',
  };
}

export function isQuantity(text: string): boolean {
  return parse(text) !== undefined;
}

/** Negative, zero or positive; both must be quantities. */
export function compareQuantity(left: string, right: string): number {
  const a = parse(left)?.nano ?? 0n;
  const b = parse(right)?.nano ?? 0n;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isNegativeQuantity(text: string): boolean {
  return (parse(text)?.nano ?? 0n) < 0n;
}

const CANONICAL = /^(0|[1-9]\d{0,2})(m|Ki|Mi|Gi)?$/;

/** The canonical text; undefined when it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  if (CANONICAL.test(text) && text !== '0m' && !/^0./.test(text)) return text;
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const { nano, family } = parsed;
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (family === 'binary' && size >= 1024n * NANO) {
    let value = size / NANO + (size % NANO === 0n ? 0n : 1n);
    let step = 0;
    while (step < BINARY.length - 1 && value % 1024n === 0n) {
      value /= 1024n;
      step++;
    }
    return `${sign}${value}${BINARY[step] ?? ''}`;
  }
  let value = size;
  let power = -9;
  while (power < 18 && value % 1000n === 0n) {
    value /= 1000n;
    power += 3;
  }
  if (family === 'exponent') return `${sign}${value}${power === 0 ? '' : `e${power}`}`;
  return `${sign}${value}${DECIMAL.find(([, each]) => each === power)?.[0] ?? ''}`;
}
