// Where comments, strings, templates and regular expressions begin and end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankSource } from './source-text.ts';

const CASES: readonly { readonly name: string; readonly text: string; readonly code: string }[] = [
  { name: 'line comment', text: 'a // b\nc', code: 'a     \nc' },
  { name: 'block comment over lines', text: 'a /* b\nc */ d', code: 'a     \n     d' },
  { name: 'strings keep their quotes', text: `f('async', "await")`, code: `f('     ', "     ")` },
  { name: 'escaped quote', text: String.raw`f('a\'b') + c`, code: `f('    ') + c` },
  { name: 'comment marks in a string', text: `f('//') + c`, code: `f('  ') + c` },
  { name: 'template', text: 'f(`async`)', code: 'f(`     `)' },
  { name: 'code in a template', text: 'f(`a${await b}c`)', code: 'f(` ${await b} `)' },
  { name: 'braces in a template', text: 'f(`a${g({ b })}c`) + d', code: 'f(` ${g({ b })} `) + d' },
  { name: 'nested templates', text: 'f(`a${`b${c}d`}e`) + g', code: 'f(` ${` ${c} `} `) + g' },
  { name: 'regular expression', text: `x = /'"/g; y`, code: 'x = /  /g; y' },
  { name: 'slash in a class', text: 'f(/[/"]/) + a', code: 'f(/    /) + a' },
  { name: 'after return', text: `else return /'/; a`, code: 'else return / /; a' },
  { name: 'division', text: `a / b / c; 'd'`, code: `a / b / c; ' '` },
  { name: 'division after ++', text: `i++ / 2; '/'`, code: `i++ / 2; ' '` },
];

for (const { name, text, code } of CASES) {
  test(`blanks: ${name}`, () => {
    // The dollar sign of a substitution belongs to the text around it.
    assert.equal(blankSource(text).codeOnly, code.replaceAll('$', ' '));
  });
}

test('strings stay when only comments are blanked', () => {
  assert.equal(blankSource(`import './a.ts'; // b`).withoutComments, `import './a.ts';     `);
});

test('length and lines stay the same, whatever the text', () => {
  const scrap = fc.constantFrom('/', '*', "'", '"', '`', '$', '{', '}', '\\', '\n', 'a', '[', ']');
  fc.assert(
    fc.property(fc.string({ unit: scrap }), (text) => {
      for (const blanked of Object.values(blankSource(text))) {
        assert.equal(blanked.length, text.length);
        assert.equal(blanked.split('\n').length, text.split('\n').length);
      }
    }),
  );
});

test('a real file: no word of its comments or strings is left', () => {
  const file = new URL('./source-text.ts', import.meta.url);
  const { codeOnly } = blankSource(readFileSync(file, 'utf8'));
  assert.doesNotMatch(codeOnly, /Blanks|scanner|return\|typeof/);
  assert.match(codeOnly, /export function blankSource/);
});
